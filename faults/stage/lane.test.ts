/** What a caller is answered, and whether the contract knows it: each wrong answer is planted in a producer that is none. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from '../../test/support/scripted-server.ts'
import type { Finding } from '../oracle/finding.ts'
import { openLedger, readLedger } from '../oracle/ledger.ts'
import { postUntilAccepted, tryOnce, type Try } from './lane.ts'

const EVENT = { key: 'one', targets: ['alpha', 'beta'] }
const LIMIT_MS = 200

type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }

const taken = (...targets: string[]): Answer => ({
  status: 202,
  body: { id: 'evt_1', deliveries: targets.map((target) => ({ target })) },
})
const REFUSED: Answer = { status: 503, headers: { 'retry-after': '1' } }

function send(response: ServerResponse, { status, body = {}, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A producer that gives these answers in turn, the last one again and again; to `hang` it gives none. */
async function laneTo(...answers: (Answer | 'hang')[]) {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-lane-'))
  const file = join(folder, 'ledger.log')
  const ledger = openLedger(file)
  onTestFinished(() => {
    ledger.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const found: Finding[] = []
  const tries: Try[] = []
  let asked = 0
  const origin = await serve((_request, response) => {
    const answer = answers[Math.min(asked++, answers.length - 1)]
    if (answer !== undefined && answer !== 'hang') send(response, answer)
  })
  const producer = { name: 'producer 1', origin }
  const deps = {
    producer: () => producer,
    ledger,
    onFinding: (finding: Finding) => found.push(finding),
    onTry: (tried: Try) => tries.push(tried),
  }
  return { deps, producer, found, tries, lines: () => readLedger(file) }
}

test('a 202 is entered in the ledger with what was promised, after whatever refusals', async () => {
  const { deps, found, tries, lines } = await laneTo(REFUSED, { status: 409 }, taken('alpha', 'beta'))
  expect(await postUntilAccepted(deps, { ...EVENT, delayMs: 5 })).toBe('evt_1')
  expect(tries.map(({ status }) => status)).toEqual([503, 409, 202])
  expect(lines()).toMatchObject([{ kind: 'accepted', eventId: 'evt_1', targets: EVENT.targets, delayMs: 5 }])
  expect(found).toEqual([])
})

test.each<[string, Answer]>([
  ['a server error', { status: 500 }],
  ['a good request called a bad one', { status: 400 }],
  ['a refusal that does not say when to come again', { status: 503 }],
  ['a 202 for other targets', taken('alpha')],
])('found: %s', async (_what, answer) => {
  const { deps, producer, found } = await laneTo(answer)
  await tryOnce(deps, producer, EVENT)
  expect(found.map(({ kind }) => kind)).toEqual(['bad-answer'])
})

test('a try without an answer is told of as such', async () => {
  const { deps, producer } = await laneTo('hang')
  const { tried, eventId } = await tryOnce(deps, producer, EVENT, LIMIT_MS)
  expect(tried).toMatchObject({ producer: 'producer 1', status: 'timeout' })
  expect(tried.tookMs).toBeGreaterThanOrEqual(LIMIT_MS - 5)
  expect(eventId).toBeUndefined()
})

test('a try at a producer that is gone is lost', async () => {
  const { deps } = await laneTo(REFUSED)
  const { tried } = await tryOnce(deps, { name: 'producer 2', origin: 'http://127.0.0.1:1' }, EVENT, LIMIT_MS)
  expect(tried.status).toBe('lost')
})
