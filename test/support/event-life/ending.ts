/** What people do: replay and discard dead letters, cancel events. */
import { cancelEvent, discardDelivery, reopenDelivery } from '@manifold/store'
import fc from 'fast-check'
import type { Act, Choice } from './act.ts'
import { anyTarget, eventOf, keep, letterOf, oneIn, pick, storeKeeping } from './picks.ts'
import * as steps from './steps.ts'

type Letter = { readonly eventId: string; readonly target: string }

/** A bulk replay, which counts what it reopens. */
export const REPLAY_ID = 'rpl_1'

export const reopening: fc.Arbitrary<Choice> = fc
  .record({
    one: pick,
    target: anyTarget,
    seen: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
  })
  .map(({ one, target, seen }) => ({
    label: 'reopen',
    actOn: (life) => reopenAct(letterOf(life, target, one), seen),
  }))

function reopenAct({ eventId, target }: Letter, seen: number | undefined): Act {
  return {
    label: `reopen ${eventId}-${target} seen ${String(seen)}`,
    run: async (store, life) => {
      const bulk = seen === undefined ? undefined : { replayId: REPLAY_ID, generation: seen }
      const answer = await reopenDelivery(store, eventId, target, bulk)
      return { real: wordsOf(answer), meant: steps.reopen(life, eventId, target, seen) }
    },
  }
}

export const discarding: fc.Arbitrary<Choice> = fc
  .record({ one: pick, target: anyTarget, kept: keep })
  .map(({ one, target, kept }) => ({
    label: 'discard',
    actOn: (life) => discardAct(letterOf(life, target, one), kept),
  }))

function discardAct({ eventId, target }: Letter, kept: steps.Keep): Act {
  return {
    label: `discard ${eventId}-${target} keep ${JSON.stringify(kept)}`,
    run: async (store, life) => {
      const answer = await discardDelivery(storeKeeping(store, kept), eventId, target)
      return { real: wordsOf(answer), meant: steps.discard(life, eventId, target, kept) }
    },
  }
}

function wordsOf(answer: Awaited<ReturnType<typeof reopenDelivery | typeof discardDelivery>>): string {
  if (answer.kind === 'missing' || answer.kind === 'newer') return answer.kind
  if (answer.kind === 'not-dead') return `not-dead ${answer.status}`
  return `${answer.kind} ${String(answer.ref.generation)}`
}

export const cancelling: fc.Arbitrary<Choice> = fc
  .record({ one: pick, kept: keep, isMeant: oneIn(3) })
  .map(({ one, kept, isMeant }) => ({
    label: 'cancel',
    // It ends so much that it must not happen often.
    actOn: (life) => (isMeant ? cancelAct(eventOf(life, one), kept) : undefined),
  }))

function cancelAct(eventId: string, kept: steps.Keep): Act {
  return {
    label: `cancel ${eventId} keep ${JSON.stringify(kept)}`,
    run: async (store, life) => {
      const answer = await cancelEvent(storeKeeping(store, kept), eventId)
      const done = answer.kind === 'cancelled' ? answer : undefined
      const refs = done?.refs.map(({ target, generation }) => `${target}/${String(generation)}`) ?? []
      return {
        real: [answer.kind, ...refs].join(' '),
        meant: steps.cancel(life, eventId, kept, done?.callbackAtMs),
      }
    },
  }
}
