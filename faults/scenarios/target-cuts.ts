import type { Answer } from '../receiver/behaviour.ts'
import type { Scenario } from './scenario.ts'

const WELL: Answer = { kind: 'status', status: 200 }

export const targetCuts: Scenario = {
  name: 'target-cuts',
  title:
    'Targets that reset before headers, behind them and in the body, talk nonsense, answer with a status line that is none, drip and hang',
  promise:
    'each counts as a failed attempt and is tried again under the same id; a 200 that was cut off is none',
  run: async (stage) => {
    await stage.receiver.behave('alpha', {
      kind: 'sequence',
      answers: [
        { kind: 'reset', when: 'before-headers' },
        { kind: 'reset', when: 'after-headers' },
        { kind: 'reset', when: 'in-body' },
        WELL,
      ],
    })
    await stage.receiver.behave('beta', {
      kind: 'sequence',
      answers: [{ kind: 'garbage' }, { kind: 'garbage', what: 'status-line' }, { kind: 'hang' }, WELL],
    })
    await stage.receiver.behave('gamma', {
      kind: 'sequence',
      answers: [{ kind: 'drip', everyMs: 100 }, WELL],
    })
    await stage.load({ events: stage.size(40, 300) }).ended
  },
}
