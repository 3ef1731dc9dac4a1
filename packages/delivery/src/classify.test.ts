import {
  delivered,
  permanent,
  retryable,
  throttled,
  type Auth,
  type Outcome,
  type TargetResponse,
} from '@manifold/domain'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classify } from './classify.ts'

const NOW_MS = Date.UTC(2026, 0, 31, 9, 30, 0)

const response = (status: number, headers: Record<string, string> = {}): TargetResponse => ({
  status,
  headers,
  text: '{"error":"E17"}',
  truncated: false,
  json: { error: 'E17' },
})

const fixed: Auth = { kind: 'fixed', secrets: [], authenticate: (request) => request }

/** What an answer comes to by default. */
const judge = (answer: TargetResponse, auth = fixed): Outcome =>
  classify({ classify: undefined, auth }, { kind: 'answered', response: answer }, NOW_MS)

describe('by default', () => {
  test.each([200, 201, 202, 204, 206, 299])('a %i is delivered', (status) => {
    expect(judge(response(status))).toEqual({ kind: 'delivered', reason: `http-${String(status)}` })
  })

  test.each([408, 425, 429, 500, 501, 502, 503, 504, 507, 599])('a %i may work later', (status) => {
    expect(judge(response(status))).toEqual({ kind: 'retryable', reason: `http-${String(status)}` })
  })

  test('a 410 is permanent: the API is gone', () => {
    expect(judge(response(410))).toEqual({ kind: 'permanent', reason: 'http-410', deadReason: 'gone' })
  })

  test.each([300, 301, 302, 303, 304, 307, 308])(
    'a %i redirect is permanent, as it is not followed',
    (status) => {
      expect(judge(response(status, { location: '/elsewhere' }))).toEqual({
        kind: 'permanent',
        reason: `http-${String(status)}`,
      })
    },
  )

  test.each([400, 401, 402, 403, 404, 405, 406, 407, 409, 411, 413, 415, 418, 422, 424, 426, 428, 451, 499])(
    'a %i is permanent',
    (status) => {
      expect(judge(response(status))).toEqual({ kind: 'permanent', reason: `http-${String(status)}` })
    },
  )

  test('every status has an outcome that names it, and only a 2xx is delivered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), (status) => {
        const outcome = judge(response(status))
        expect(outcome.reason).toBe(`http-${String(status)}`)
        expect(outcome.kind === 'delivered').toBe(status >= 200 && status <= 299)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('Retry-After', () => {
  test.each([429, 503])('on a %i asks for a slower pace', (status) => {
    expect(judge(response(status, { 'retry-after': '120' }))).toEqual(
      throttled(120_000, `http-${String(status)}`),
    )
  })

  test.each([408, 425, 500, 502, 504])('on a %i is when to try again', (status) => {
    expect(judge(response(status, { 'retry-after': '120' }))).toEqual(
      retryable(`http-${String(status)}`, 120_000),
    )
  })

  test('is honoured as a date, counted from now, and a past one is now', () => {
    const at = (date: string) => judge(response(503, { 'retry-after': date }))
    expect(at('Sat, 31 Jan 2026 09:31:30 GMT')).toEqual(throttled(90_000, 'http-503'))
    expect(at('Sat Jan 31 09:31:30 2026')).toEqual(throttled(90_000, 'http-503'))
    expect(at('Fri, 30 Jan 2026 09:31:30 GMT')).toEqual(throttled(0, 'http-503'))
  })

  test('that cannot be read says nothing', () => {
    expect(judge(response(503, { 'retry-after': 'soon' }))).toEqual(retryable('http-503'))
  })

  test.each([200, 302, 404, 410])('changes nothing about a %i', (status) => {
    expect(judge(response(status, { 'retry-after': '120' }))).toEqual(judge(response(status)))
  })
})

describe('a refused token', () => {
  const giveUp = { afterAttempts: 3, deadReason: 'rejected' }

  test.each([401, 403])('that can be renewed makes a %i worth three attempts', (status) => {
    const outcome = judge(response(status), { ...fixed, renewable: true })
    expect(outcome).toEqual({ kind: 'retryable', reason: `http-${String(status)}`, giveUp })
  })

  test.each([400, 402, 404])('is not what a %i is about', (status) => {
    expect(judge(response(status), { ...fixed, renewable: true }).kind).toBe('permanent')
  })

  test('that cannot be renewed stays refused', () => {
    expect(judge(response(401), { ...fixed, renewable: false })).toEqual(permanent('http-401'))
  })
})

test.each(['timeout', 'connection-refused', 'dns', 'tls'])(
  'a request that failed with %s may work later, for that reason',
  (reason) => {
    const outcome = classify(
      { classify: undefined, auth: fixed },
      { kind: 'failed', reason, error: 'any' },
      NOW_MS,
    )
    expect(outcome).toEqual({ kind: 'retryable', reason })
  },
)

test('a target at an address that is not allowed is dead as blocked', () => {
  const sent = { kind: 'blocked', error: '10.0.0.1 is not a public address' } as const
  expect(classify({ classify: () => delivered(), auth: fixed }, sent, NOW_MS)).toEqual({
    kind: 'permanent',
    reason: 'blocked-address',
    deadReason: 'blocked',
  })
})
