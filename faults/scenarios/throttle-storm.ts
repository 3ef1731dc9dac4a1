import type { Scenario } from './scenario.ts'

export const throttleStorm: Scenario = {
  name: 'throttle-storm',
  title: '429 and 503 with every kind of Retry-After: seconds, a date, zero, nonsense, none',
  promise: 'what the target asks is honoured and costs no attempt; nothing comes too early',
  run: async (stage) => {
    await stage.receiver.behave('alpha', {
      kind: 'sequence',
      answers: [
        { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 1 } },
        { kind: 'status', status: 503, retryAfter: { form: 'date', seconds: 2 } },
        { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 0 } },
        { kind: 'status', status: 200 },
      ],
    })
    await stage.receiver.behave('beta', {
      kind: 'sequence',
      answers: [
        { kind: 'status', status: 429, retryAfter: { form: 'text', text: 'when it is over' } },
        { kind: 'status', status: 429, retryAfter: { form: 'text', text: '-5' } },
        { kind: 'status', status: 429 },
        { kind: 'status', status: 500, retryAfter: { form: 'seconds', seconds: 2 } },
        { kind: 'status', status: 200 },
      ],
    })
    await stage.load({ events: stage.size(30, 100) }).ended
  },
}
