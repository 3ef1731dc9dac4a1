import {
  delivered,
  permanent,
  retryable,
  throttled,
  type Auth,
  type HttpTarget,
  type Outcome,
  type TargetResponse,
} from '@manifold/domain'
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

const fixed: Auth = { kind: 'fixed', secrets: [], authenticate: (request) => request }

/** What an answer comes to, by default or as the target judges it. */
const judge = (answer: TargetResponse, own?: HttpTarget['classify']): Outcome =>
  classify({ classify: own, auth: fixed }, { kind: 'answered', response: answer }, NOW_MS)

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
    const own: HttpTarget['classify'] = ({ json }) =>
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

  test.each<[string, unknown]>([
    ['a promise', Promise.resolve(delivered())],
    ['a truth', true],
    ['nothing but null', null],
    ['a kind that is none', { kind: 'deliverd', reason: 'typo' }],
    ['no reason', { kind: 'delivered' }],
    ['a wait that is no number', { kind: 'throttled', reason: 'slow', afterMs: Number.NaN }],
    ['a wait without an end', { kind: 'throttled', reason: 'slow', afterMs: Infinity }],
    ['a wait that is a text', { kind: 'retryable', reason: 'slow', retryAfterMs: '5 s' }],
    ['a retry after NaN', { kind: 'retryable', reason: 'slow', retryAfterMs: Number.NaN }],
  ])('and gives %s leaves the answer dead as invalid', (_what, outcome) => {
    const own = () => outcome as Outcome
    expect(judge(response(200), own)).toEqual({
      kind: 'permanent',
      reason: 'classify-failed',
      deadReason: 'invalid',
    })
  })

  test('and is async and fails leaves the answer dead as invalid, and nothing unhandled', () => {
    const own = (() => Promise.reject(new Error('an async judge with a bug'))) as unknown as () => Outcome
    expect(judge(response(200), own)).toMatchObject({ kind: 'permanent', reason: 'classify-failed' })
  })

  test('is not asked when there was no answer', () => {
    const own = vi.fn(() => delivered())
    const sent = { kind: 'failed', reason: 'timeout', error: 'no complete answer' } as const
    expect(classify({ classify: own, auth: fixed }, sent, NOW_MS)).toEqual({
      kind: 'retryable',
      reason: 'timeout',
    })
    expect(own).not.toHaveBeenCalled()
  })
})
