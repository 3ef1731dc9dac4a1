/**
 * Whatever any route is sent, it is answered in time, as documented, and nothing is half done by it.
 *
 * Requests are made from the OpenAPI document (test/support/fuzz), the same ones each time; `FUZZ_SEED` and `FUZZ_RUNS`
 * ask for others, and for more. An unhandled rejection fails the run by itself.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OPERATIONS } from '../../apps/producer/src/contract/operations/index.ts'
import { setContractStage, type ContractStage, type PathValues } from '../support/contract-stage.ts'
import { githubSignatureOf } from '../support/fuzz/bodies.ts'
import { exchange } from '../support/fuzz/connection.ts'
import { bytesOf, describeRequest, targetOf, type FuzzRequest } from '../support/fuzz/fuzz-request.ts'
import { expectHealthy, expectNothingHalfDone } from '../support/fuzz/health.ts'
import { judgeAnswer } from '../support/fuzz/judge.ts'
import { openLedger } from '../support/fuzz/ledger.ts'
import { operationsOf } from '../support/fuzz/operations.ts'
import { FUZZ_TIMEOUT_MS, fuzzPlan } from '../support/fuzz/plan.ts'
import { contextOf, requestsFor } from '../support/fuzz/requests.ts'

const RUNS = 50

const ledger = openLedger()

/** Operations that have done what they are for. */
const reached = new Set<string>()

let stage: ContractStage

let heapBefore = 0

/** What is made of the document, once, is most of it; more requests hardly add to it. */
const MAX_GROWTH_BYTES = 180_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapInUse(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

beforeAll(async () => {
  stage = await setContractStage()
  heapBefore = heapInUse()
})

afterAll(() => stage.close())

async function sendFuzzed(request: FuzzRequest, live: PathValues): Promise<void> {
  const { method, headers, body } = request
  const { system, contract, authorized } = stage
  const bytes = bytesOf(request, live, {
    ...(headers.some(([name]) => name === 'Authorization') ? {} : authorized),
    ...(request.path === '/v1/sources/{source}' && body !== undefined
      ? { 'X-Hub-Signature-256': githubSignatureOf(body.bytes, 'example') }
      : {}),
  })
  const [answer] = await exchange(system.url, { parts: [bytes], isHead: method === 'HEAD' })
  if (answer === undefined) throw new Error(`there is no answer to ${describeRequest(request)}`)
  if (method === 'POST') ledger.read(answer)
  const { operations, faults } = judgeAnswer(contract, { method, target: targetOf(request, live) }, answer)
  expect(
    faults,
    `${describeRequest(request)} → ${String(answer.status)} ${answer.text.slice(0, 1_000)}`,
  ).toEqual([])
  if (answer.status < 400) for (const id of operations) reached.add(id)
}

test.each(OPERATIONS.map(({ id }) => [id]))(
  '%s: whatever it is sent, it answers in time and as documented',
  async (id) => {
    const { document } = stage.contract
    const fuzzed = operationsOf(document).find((one) => one.id === id)
    const operation = OPERATIONS.find((one) => one.id === id)
    if (fuzzed === undefined || operation === undefined) throw new Error(`${id} is not in the document`)
    const live = await stage.pathOf(operation, id === 'cancelEvent' ? 'open' : undefined)
    for (const name of ['eventId', 'deliveryId']) {
      if (live[name] !== undefined) ledger.note(live[name].replace(/-billing$/, ''))
    }
    const requests = requestsFor(contextOf(document.components.schemas), fuzzed)
    await fc.assert(
      fc.asyncProperty(requests, (request) => sendFuzzed(request, live)),
      fuzzPlan(RUNS),
    )
    await expectHealthy(stage, ledger)
  },
  FUZZ_TIMEOUT_MS,
)

test('every operation of the document was reached, and did what it is for', () => {
  const missed = operationsOf(stage.contract.document).filter(({ id }) => !reached.has(id))
  expect(missed.map(({ id }) => id)).toEqual([])
})

test('what was sent is not kept: the memory is nearly as it was', () => {
  expect(heapInUse() - heapBefore).toBeLessThan(MAX_GROWTH_BYTES)
})

test('an event is in the list exactly if it was said to be taken, and nothing looked like a bug', async () => {
  await expectNothingHalfDone(stage, ledger)
})
