/**
 * What no client would send, byte by byte: it is answered as a mistake or cut off, in time, and nothing is half done by it.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setContractStage, type ContractStage } from '../support/contract-stage.ts'
import type { Answered } from '../support/contract.ts'
import { exchange } from '../support/fuzz/connection.ts'
import { expectHealthy, expectNothingHalfDone } from '../support/fuzz/health.ts'
import { codeOf, problemFaults } from '../support/fuzz/judge.ts'
import { openLedger } from '../support/fuzz/ledger.ts'
import { mutated } from '../support/fuzz/mutated-bytes.ts'
import { FUZZ_TIMEOUT_MS, fuzzPlan } from '../support/fuzz/plan.ts'

const RUNS = 300

const ledger = openLedger()

let stage: ContractStage

/** Callers that went before they were told anything. */
let unanswered = 0

beforeAll(async () => {
  stage = await setContractStage()
})

afterAll(() => stage.close())

const EVENT = '{"type":"order.placed","data":1}'

const head = (first: string, ...lines: string[]) =>
  [first, 'Host: fuzz', `Authorization: Bearer ${stage.key}`, ...lines, '', ''].join('\r\n')

const post = (...lines: string[]) =>
  head('POST /v1/events HTTP/1.1', 'Content-Type: application/json', ...lines)

/** A whole one. */
const event = () => `${post(`Content-Length: ${String(EVENT.length)}`)}${EVENT}`

async function answersTo(...parts: (Buffer | string)[]): Promise<Answered[]> {
  const answers = await exchange(stage.system.url, { parts, untilClosed: true })
  if (answers.length === 0) unanswered++
  for (const answer of answers) ledger.read(answer)
  return answers
}

/** Statuses, or codes where they are problems. */
const named = (answers: readonly Answered[]) =>
  answers.map((answer) =>
    answer.status < 400 ? answer.status : (codeOf(answer) ?? `${String(answer.status)} ${answer.text}`),
  )

test.each<[what: string, code: string, bytes: () => string]>([
  ['no HTTP at all', 'malformed-request', () => 'good morning\r\n\r\n'],
  ['a TLS handshake', 'malformed-request', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['the preface of HTTP/2', 'malformed-request', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an HTTP of the future', 'malformed-request', () => head('GET /livez HTTP/9.9')],
  ['no Host', 'malformed-request', () => 'GET /livez HTTP/1.1\r\n\r\n'],
  ['a control character in a path', 'malformed-request', () => head('GET /li\x01vez HTTP/1.1')],
  ['a space in a path', 'malformed-request', () => head('GET /li vez HTTP/1.1')],
  ['a NUL in a header', 'malformed-request', () => head('GET /livez HTTP/1.1', 'x: a\0b')],
  ['a header without a name', 'malformed-request', () => head('GET /livez HTTP/1.1', ': a')],
  ['a header folded over lines', 'malformed-request', () => head('GET /livez HTTP/1.1', 'x: a', ' b', ':')],
  ['a method nobody knows', 'malformed-request', () => head('BREW /livez HTTP/1.1')],
  [
    'headers beyond all measure',
    'headers-too-large',
    () => head('GET /livez HTTP/1.1', `x: ${'x'.repeat(20_000)}`),
  ],
  ['a path beyond all measure', 'headers-too-large', () => head(`GET /${'x'.repeat(20_000)} HTTP/1.1`)],
  [
    'more headers than fit',
    'headers-too-large',
    () => head('GET /livez HTTP/1.1', ...Array.from({ length: 3_000 }, () => 'x: y')),
  ],
  ['two lengths', 'malformed-request', () => `${post('Content-Length: 1', 'Content-Length: 2')}{}`],
  ['a length that is none', 'malformed-request', () => `${post('Content-Length: -1')}{}`],
  [
    'a length beyond all measure',
    'malformed-request',
    () => `${post(`Content-Length: 1${'0'.repeat(30)}`)}{}`,
  ],
  [
    'a length and chunks',
    'malformed-request',
    () => `${post('Content-Length: 2', 'Transfer-Encoding: chunked')}{}`,
  ],
  [
    'an encoding that is not chunked',
    'malformed-request',
    () => `${post('Transfer-Encoding: chunked, gzip')}{}`,
  ],
  ['a path that is none', 'route-not-found', () => head('OPTIONS * HTTP/1.1')],
  ['an address that is none', 'route-not-found', () => head('GET http://[ HTTP/1.1')],
  [
    'an upgrade without its key',
    'upgrade-required',
    () => head('GET /v1/ws HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'),
  ],
  ['no upgrade where there must be one', 'upgrade-required', () => head('GET /v1/ws HTTP/1.1')],
])('%s is answered %s', async (_what, code, bytes) => {
  const [answer] = await exchange(stage.system.url, { parts: [Buffer.from(bytes(), 'latin1')] })
  if (answer === undefined) throw new Error('there is no answer')
  expect(named([answer])).toEqual([code])
  expect(problemFaults(answer)).toEqual([])
})

test.each<[what: string, bytes: () => string]>([
  ['of HTTP/1.0', () => head('GET /livez HTTP/1.0').replace('Host: fuzz\r\n', '')],
  ['behind empty lines', () => `\r\n\r\n${head('GET /livez HTTP/1.1')}`],
  ['with an absolute address', () => head('GET http://fuzz/livez HTTP/1.1')],
  ['that expects what nobody knows', () => head('GET /livez HTTP/1.1', 'Expect: the-unexpected')],
  [
    'that would rather speak HTTP/2',
    () => head('GET /livez HTTP/1.1', 'Upgrade: h2c', 'Connection: Upgrade'),
  ],
  [
    'that would rather speak WebSocket elsewhere',
    () => head('GET /livez HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'),
  ],
  ['with a body nobody wants', () => `${head('GET /livez HTTP/1.1', 'Content-Length: 5')}hello`],
])('a request %s is served', async (_what, bytes) => {
  expect(named(await exchange(stage.system.url, { parts: [bytes()] }))).toEqual([200])
})

test('a body is read however slowly it comes, and after it was allowed to', async () => {
  const answers = await exchange(stage.system.url, { parts: event().split(/(?=[^])/) })
  const allowed = await exchange(stage.system.url, {
    parts: [post(`Content-Length: ${String(EVENT.length)}`, 'Expect: 100-continue'), EVENT],
  })
  for (const answer of [...answers, ...allowed]) ledger.read(answer)
  expect(named([...answers, ...allowed])).toEqual([202, 202])
})

test('requests in a row are answered in their order, up to the one that is none', async () => {
  const rows = `${event()}${head('GET /nowhere HTTP/1.1')}${event()}`
  const answers = await exchange(stage.system.url, { parts: [rows], answers: 3 })
  for (const answer of answers) ledger.read(answer)
  expect(named(answers)).toEqual([202, 'route-not-found', 202])
})

test('what was taken is answered so, whatever comes behind it', async () => {
  const answers = await exchange(stage.system.url, { parts: [`${event()}good morning`], answers: 2 })
  for (const answer of answers) ledger.read(answer)
  expect(named(answers)).toEqual([202, 'malformed-request'])
})

test.each<[what: string, bytes: () => string]>([
  ['less than announced', () => `${post('Content-Length: 1000')}${EVENT}`],
  ['without its last chunk', () => `${post('Transfer-Encoding: chunked')}20\r\n${EVENT}\r\n`],
  ['in chunks of no size', () => `${post('Transfer-Encoding: chunked')}zz\r\n${EVENT}\r\n0\r\n\r\n`],
  ['in chunks larger than they say', () => `${post('Transfer-Encoding: chunked')}5\r\n${EVENT}\r\n0\r\n\r\n`],
])('a body that comes %s is no event', async (_what, bytes) => {
  expect(
    named(await answersTo(bytes())).filter((one) => one !== 'malformed-request' && one !== 'request-aborted'),
  ).toEqual([])
})

/** The rest of what was begun, and then no request: an answer comes before it is waited for. */
const FILLER = '\0'.repeat(2_000)

test(
  'bytes that were a request are answered in time, as a mistake if they are one',
  async () => {
    const whole = [
      event(),
      `${post('Transfer-Encoding: chunked', 'Idempotency-Key: fuzz')}10\r\n${EVENT.slice(0, 16)}\r\n10\r\n${EVENT.slice(16)}\r\n0\r\n\r\n`,
      `${head('POST /v1/events/batch HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 34')}[${EVENT}]`,
      head('GET /v1/events?limit=1 HTTP/1.1', 'If-None-Match: *'),
      head('GET /v1/stream HTTP/1.1', 'Last-Event-ID: 0'),
      head(
        'GET /v1/ws HTTP/1.1',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ),
    ]
    await fc.assert(
      fc.asyncProperty(mutated(whole.map((text) => Buffer.from(text))), async (bytes) => {
        for (const answer of await answersTo(bytes, FILLER)) {
          if (answer.status < 400) continue
          expect(answer.status, answer.text).toBeLessThan(500)
          expect(problemFaults(answer)).toEqual([])
        }
      }),
      fuzzPlan(RUNS),
    )
  },
  FUZZ_TIMEOUT_MS,
)

test('after all that it is as it was, and nothing is half done', async () => {
  await expectHealthy(stage, ledger)
  await expectNothingHalfDone(stage, ledger, unanswered)
})
