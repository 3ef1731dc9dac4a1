import { POLICY } from '../oracle/policy.ts'
import type { Answer } from '../receiver/behaviour.ts'
import type { Scenario } from './scenario.ts'

const WELL: Answer = { kind: 'status', status: 200 }

/** The queue of a target that throttles stands still, for each delivery anew. */
const TAKEN_MS = 120_000

/** How often alpha throttles each delivery: more often than it may be tried. */
const THROTTLED = 12

/** Nothing that can be read: back-off as if there were none. */
const UNREADABLE = [
  'when it is over',
  '-5',
  '1.5',
  '1e3',
  '',
  'Sun, 99 Foo 2099 99:99:99 GMT',
  // Given twice, it contradicts itself.
  ['1', '3600'],
]

const asked = (status: number, seconds: number, form: 'seconds' | 'date' | 'rfc-850-date' | 'asctime-date') =>
  ({ kind: 'status', status, retryAfter: { form, seconds } }) satisfies Answer

export const throttleStorm: Scenario = {
  name: 'throttle-storm',
  title:
    '429 and 503 with every kind of Retry-After: seconds, the three forms of a date, a date gone by, zero, negative, a fraction, nonsense, given twice, none',
  promise:
    'what the target asks is honoured and costs no attempt; nothing comes too early, and nobody waits for nonsense',
  stage: { policy: { retry: { ...POLICY.retry, maxAttempts: UNREADABLE.length + 2 } } },
  run: async (stage) => {
    await stage.receiver.behave('alpha', {
      kind: 'sequence',
      answers: [
        asked(429, 1, 'seconds'),
        asked(503, 2, 'date'),
        asked(429, 2, 'rfc-850-date'),
        asked(503, 2, 'asctime-date'),
        asked(503, -60, 'date'),
        ...Array.from({ length: THROTTLED - 5 }, () => asked(429, 0, 'seconds')),
        WELL,
      ],
    })
    await stage.receiver.behave('beta', {
      kind: 'sequence',
      answers: [
        ...UNREADABLE.map((text): Answer => ({
          kind: 'status',
          status: 429,
          retryAfter: { form: 'text', text },
        })),
        { kind: 'status', status: 429 },
        WELL,
      ],
    })
    // Not throttled, but asked to wait: that costs an attempt.
    await stage.receiver.behave('gamma', {
      kind: 'sequence',
      answers: [asked(500, 2, 'seconds'), asked(500, 2, 'asctime-date'), WELL],
    })
    const load = stage.load({ events: stage.size(30, 100) })
    await load.ended
    const { maxAttempts } = stage.policy.retry
    stage.expect(THROTTLED > maxAttempts, 'more throttles than attempts', `${String(maxAttempts)} attempts`)
    const taken = () =>
      stage.requests().filter(({ target, status }) => target === 'alpha' && status === 200).length
    await stage.until('alpha to have taken all', () => taken() === load.accepted(), TAKEN_MS)
    stage.note(
      `each delivery to alpha was throttled ${String(THROTTLED)} times, and may be tried ${String(maxAttempts)} times`,
    )
  },
}
