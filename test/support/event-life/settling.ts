/** Settling: in time, late, again, or without a claim. */
import type { OutcomeKind, Settlement } from '@manifold/domain'
import { settleDeliveries, type SettleResult } from '@manifold/store'
import fc from 'fast-check'
import { attemptOf } from '../store.ts'
import type { Act, Choice, Stage } from './act.ts'
import type { When } from './life.ts'
import { anyTarget, fenceOf, keep, msOf, nameOf, pick, refOf, seldom, storeKeeping } from './picks.ts'
import * as steps from './steps.ts'

/** What is compared here is not the breaker (packages/store/src/breaker.test.ts). */
const NEVER_OPENS = { failureRate: 1, minimumAttempts: 1_000_000, windowMs: 10_000, openMs: 1_000 }

/** What waits for hours takes no more part. */
const waiting = fc.constantFrom<When>('due', 'due', 'due', 'due', 'later')

const ended = fc.constantFrom<{ status: steps.Settling['status']; outcome: OutcomeKind }>(
  { status: 'delivered', outcome: 'delivered' },
  { status: 'retrying', outcome: 'retryable' },
  { status: 'deferred', outcome: 'throttled' },
  { status: 'dead', outcome: 'permanent' },
)

export const settling: fc.Arbitrary<Choice> = fc
  .record({
    target: anyTarget,
    keep,
    picks: fc.array(
      fc.record({
        pick,
        ended,
        wait: waiting,
        isUnclaimed: seldom,
        reason: fc.constantFrom('rejected' as const, 'invalid' as const),
        attempted: seldom.map((is) => !is),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ target, picks, keep: kept }) => ({
    label: 'settle',
    actOn: (life, stage) => {
      const inputs = picks.map(({ pick: one, ended: end, wait, reason, attempted, isUnclaimed }) => {
        const ref = refOf(life, target, one)
        const fence = isUnclaimed ? 0 : fenceOf(life, ref, one.fenceBack)
        if (fence === 0 && !isUnclaimed) return undefined
        // Nothing is attempted, nor retried, without a claim; what was never sent is not delivered.
        if (fence === 0) return { ref, fence, status: 'dead', wait, reason, outcome: undefined } as const
        const { status, outcome } = end
        const isDead = status === 'dead'
        return { ref, fence, status, wait, reason, outcome: isDead && !attempted ? undefined : outcome }
      })
      const known = inputs.filter((input) => input !== undefined).map((input) => asBefore(stage, input))
      return known.length === 0 ? undefined : settleAct(target, known, kept)
    },
  }))

/** Who claimed decides once: settling the same claim again is the same call again. */
function asBefore({ settled }: Stage, input: steps.Settling): steps.Settling {
  if (input.fence === 0) return input
  const name = `${nameOf(input.ref)} ${String(input.fence)}`
  const before = (settled.get(name) as steps.Settling | undefined) ?? input
  settled.set(name, before)
  return before
}

function settleAct(target: string, inputs: readonly steps.Settling[], kept: steps.Keep): Act {
  return {
    label: `settle ${inputs.map((input) => `${nameOf(input.ref)} fence ${String(input.fence)} as ${input.status}`).join(', ')} keep ${JSON.stringify(kept)}`,
    run: async (store, life) => {
      const answers = await settleDeliveries(
        storeKeeping(store, kept),
        target,
        NEVER_OPENS,
        inputs.map(({ ref, fence, outcome, ...rest }) => ({
          ref,
          fence: fence === 0 ? undefined : fence,
          settlement: settlementOf(rest),
          attempt: outcome === undefined ? undefined : attemptOf(outcome),
          signal: outcome === 'delivered' ? 'succeeded' : 'failed',
        })),
      )
      const meant = inputs.map((input, index) => {
        const answer = answers[index]
        return steps.settle(life, input, kept, answer?.kind === 'applied' ? answer.callbackAtMs : undefined)
      })
      return { real: answers.map(wordsOfSettling).join(', '), meant: meant.join(', ') }
    },
  }
}

function settlementOf({ status, wait, reason }: Decided): Settlement {
  switch (status) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'retrying':
      return { kind: 'retry', delayMs: msOf(wait) }
    case 'deferred':
      return { kind: 'defer', delayMs: msOf(wait) }
    case 'dead':
      return { kind: 'dead', reason }
    default:
      return status satisfies never
  }
}

type Decided = Omit<steps.Settling, 'ref' | 'fence' | 'outcome'>

function wordsOfSettling(answer: SettleResult): string {
  switch (answer.kind) {
    case 'applied':
      return `applied ${answer.status} ${answer.eventStatus} ${String(answer.attemptNumber ?? '-')}`
    case 'terminal':
      return `terminal ${answer.status}`
    case 'missing':
    case 'newer':
    case 'stale':
    case 'superseded':
      return answer.kind
    default:
      return answer satisfies never
  }
}
