import { setTimeout as wait } from 'node:timers/promises'
import { POLICY } from '../oracle/policy.ts'
import type { Scenario } from './scenario.ts'

export const targetFlapping: Scenario = {
  name: 'target-flapping',
  title: 'A target that is up for a second and down for a second, with a breaker that opens',
  promise: 'everything arrives, once; the other targets notice nothing',
  stage: {
    policy: {
      retry: { ...POLICY.retry, maxAttempts: 100 },
      breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 2_000, openMs: 500 },
    },
  },
  run: async (stage) => {
    await stage.receiver.behave('alpha', {
      kind: 'flap',
      everyMs: 1_000,
      answers: [
        { kind: 'status', status: 200 },
        { kind: 'status', status: 503 },
      ],
    })
    const load = stage.load({ eventsPerSecond: 100 })
    await wait(stage.size(4_000, 20_000))
    await load.stop()
  },
}
