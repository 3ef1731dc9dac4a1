/** What is documented is so: every example is sent, and every answer is as the document says. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  documentedType,
  examplesOf,
  type Example,
  type Operation,
} from '../../apps/producer/src/contract/operation.ts'
import { OPERATIONS } from '../../apps/producer/src/contract/operations/index.ts'
import { mediaTypeOf, type Answered } from '../support/contract.ts'
import { setContractStage, type ContractStage, type PathValues } from '../support/contract-stage.ts'

let stage: ContractStage

/** What came back, in the document's words. */
const seen = new Set<string>()

beforeAll(async () => {
  stage = await setContractStage()
})

afterAll(() => stage.close())

/** Examples about an event that has not ended. */
const OPEN = new Set(['cancelEvent cancelEvent', 'readResult pending'])

async function sendExample(operation: Operation, example: Example): Promise<Answered> {
  const path = await stage.pathOf(operation, OPEN.has(`${operation.id} ${example.name}`) ? 'open' : undefined)
  const headers = { ...example.headers, ...(await liveEtag(operation, example, path)) }
  return stage.send(operation, {
    path,
    headers,
    ...(example.query === undefined ? {} : { query: example.query }),
    ...(example.body === undefined ? {} : { body: example.body }),
  })
}

/** The name of a state cannot be known beforehand: it is asked for. */
async function liveEtag(operation: Operation, { status }: Example, path: PathValues) {
  if (status !== 304) return {}
  const { headers: answered } = await stage.send(operation, { path })
  return { 'If-None-Match': answered.get('etag') ?? '' }
}

test.each(
  OPERATIONS.flatMap((operation) =>
    examplesOf(operation).map((example) => ({
      title: `${operation.id}, ${example.name}`,
      operation,
      example,
    })),
  ),
)('$title: it is answered as documented', async ({ operation, example }) => {
  const answer = await sendExample(operation, example)
  seen.add(`${operation.id} ${String(answer.status)} ${mediaTypeOf(answer)}`.trim())
  const takes = documentedType(operation.body ?? {}, example)
  if (takes !== undefined) seen.add(`${operation.id} takes ${takes}`)
  for (const name of Object.keys(example.headers ?? {})) seen.add(`${operation.id} header ${name}`)
  expect(answer.status, answer.text).toBe(example.status)
  expect(stage.contract.faultsOf(operation.path, operation.method, answer)).toEqual([])
})

test('an example sent again is answered as the first time, and says so', async () => {
  const operation = OPERATIONS.find(({ id }) => id === 'publishEvent')
  const example = operation?.examples?.find(({ name }) => name === 'idempotent')
  if (operation === undefined || example === undefined) throw new Error('there is no such example')
  const answer = await sendExample(operation, example)
  expect(answer.headers.get('idempotent-replayed')).toBe('true')
  expect(stage.contract.faultsOf(operation.path, operation.method, answer)).toEqual([])
})

test('the examples leave no answer, media type or header of the document out', () => {
  const documented = OPERATIONS.flatMap(({ id, answers, body = {}, headers = [] }) => [
    ...Object.entries(answers).flatMap(([status, { content }]) =>
      content === undefined
        ? [`${id} ${status}`]
        : Object.keys(content).map((type) => `${id} ${status} ${type}`),
    ),
    ...Object.keys(body).map((type) => `${id} takes ${type}`),
    ...headers.map((name) => `${id} header ${name}`),
  ])
  // Redis does not answer: documented-problems.test.ts. A handshake is signed with its time: sources.test.ts.
  // To be told that there is nothing more, one must know the last place: the tests of streams do.
  const elsewhere = ['readyz 503 application/json', 'receiveWebhook 200 text/plain', 'followEvent 204']
  expect(documented.filter((one) => !seen.has(one) && !elsewhere.includes(one))).toEqual([])
})
