import { POLICY } from '../oracle/policy.ts'
import type { Scenario } from './scenario.ts'

export const throttledForAYear: Scenario = {
  name: 'throttled-for-a-year',
  title: 'A Retry-After of a year',
  promise: 'there is a last attempt shortly before the delivery is too old, and none before',
  stage: { policy: { retry: { ...POLICY.retry, maxAgeMs: 5_000 } } },
  run: async (stage) => {
    await stage.receiver.behave('alpha', {
      kind: 'sequence',
      answers: [
        { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 31_536_000 } },
        { kind: 'status', status: 200 },
      ],
    })
    await stage.load({ events: 10 }).ended
  },
}
