import {
  delivered,
  permanent,
  retryable,
  throttled,
  type Outcome,
  type Target,
  type TargetResponse,
} from '@manifold/domain'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { classify } from './classify.ts'

const NOW_MS = Date.UTC(2026, 0, 31, 9, 30, 0)

const response = (status: number, headers: Record<string, string> = {}): TargetResponse => ({
  status,
  headers,
  text: '{"error":"E17"}',
  truncated: false,
  json: { error: 'E17' },
})

/** What an answer comes to, by default or as the target judges it. */
const judge = (answer: TargetResponse, own?: Target['classify']): Outcome =>
  classify({ classify: own }, { kind: 'answered', response: answer }, NOW_MS)

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
  test.each([408, 425, 429, 500, 503])('is honoured on a %i, in seconds', (status) => {
    expect(judge(response(status, { 'retry-after': '120' }))).toEqual(
      retryable(`http-${String(status)}`, 120_000),
    )
  })

  test('is honoured as a date, counted from now', () => {
    const headers = { 'retry-after': 'Sat, 31 Jan 2026 09:31:30 GMT' }
    expect(judge(response(503, headers))).toEqual(retryable('http-503', 90_000))
  })

  test('that cannot be read says nothing', () => {
    expect(judge(response(503, { 'retry-after': 'soon' }))).toEqual(retryable('http-503'))
  })

  test.each([200, 302, 404, 410])('changes nothing about a %i', (status) => {
    expect(judge(response(status, { 'retry-after': '120' }))).toEqual(judge(response(status)))
  })
})

describe('a target that judges for itself', () => {
  test.each([
    ['delivered', 500, delivered('already-there')],
    ['retryable', 404, retryable('not-yet', 5_000)],
    ['permanent', 200, permanent('app-error')],
    ['throttled', 200, throttled(1_000)],
  ])('can call an answer %s whatever its status says', (_kind, status, own) => {
    expect(judge(response(status), () => own)).toEqual(own)
  })

  test.each([200, 404, 410, 503])('leaves a %i to the default when it says nothing', (status) => {
    const answer = response(status, { 'retry-after': '7' })
    expect(judge(answer, () => undefined)).toEqual(judge(answer))
  })

  test('sees the answer as it came', () => {
    const own = vi.fn(() => undefined)
    const answer = response(200, { 'x-request-id': 'r-1' })
    judge(answer, own)
    expect(own).toHaveBeenCalledExactlyOnceWith(answer)
  })

  test('may look into the JSON of the answer', () => {
    const own: Target['classify'] = ({ json }) =>
      (json as { error?: string } | undefined)?.error === 'E17' ? permanent('E17') : undefined
    expect(judge(response(200), own)).toEqual(permanent('E17'))
    expect(judge({ ...response(200), json: undefined }, own)).toEqual(delivered('http-200'))
  })

  test.each([200, 503])(
    'and throws leaves a %i dead as invalid: sending again could do it twice',
    (status) => {
      const own = () => {
        throw new Error('a judge with a bug')
      }
      expect(judge(response(status), own)).toEqual({
        kind: 'permanent',
        reason: 'classify-failed',
        deadReason: 'invalid',
      })
    },
  )

  test('is not asked when there was no answer', () => {
    const own = vi.fn(() => delivered())
    const sent = { kind: 'failed', reason: 'timeout', error: 'no complete answer' } as const
    expect(classify({ classify: own }, sent, NOW_MS)).toEqual({ kind: 'retryable', reason: 'timeout' })
    expect(own).not.toHaveBeenCalled()
  })
})

test.each(['timeout', 'connection-refused', 'dns', 'tls'])(
  'a request that failed with %s may work later, for that reason',
  (reason) => {
    const outcome = classify({ classify: undefined }, { kind: 'failed', reason, error: 'any' }, NOW_MS)
    expect(outcome).toEqual({ kind: 'retryable', reason })
  },
)
