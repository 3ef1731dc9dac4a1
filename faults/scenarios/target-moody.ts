import { POLICY } from '../oracle/policy.ts'
import type { Behaviour } from '../receiver/behaviour.ts'
import type { Scenario } from './scenario.ts'

const MOODY: Behaviour = {
  kind: 'mixed',
  answers: [
    { weight: 4, answer: { kind: 'status', status: 200 } },
    { weight: 2, answer: { kind: 'status', status: 503 } },
    { weight: 1, answer: { kind: 'reset', when: 'after-headers' } },
    { weight: 1, answer: { kind: 'garbage' } },
    { weight: 1, answer: { kind: 'status', status: 200, afterMs: 500 } },
  ],
}

export const targetMoody: Scenario = {
  name: 'target-moody',
  title: 'Targets that answer well, badly, late or not at all, as chance has it',
  promise: 'everything arrives, once; every attempt is recorded as it came',
  stage: { policy: { retry: { ...POLICY.retry, maxAttempts: 100 } } },
  run: async (stage) => {
    for (const target of ['alpha', 'beta', 'gamma']) await stage.receiver.behave(target, MOODY)
    await stage.load({ events: stage.size(100, 2_000) }).ended
  },
}
