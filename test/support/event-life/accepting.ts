/** Accepting, with all that an event may have; an id or an idempotency key may be met again. */
import { recordEvent } from '@manifold/store'
import fc from 'fast-check'
import { newEvent } from '../store.ts'
import type { Act, Choice } from './act.ts'
import { EVENT_IDS, keep, msOf, oneIn, seldom, storeKeeping } from './picks.ts'
import * as steps from './steps.ts'

export const accepting: fc.Arbitrary<Choice> = fc
  .record({
    eventId: fc.constantFrom(...EVENT_IDS),
    fingerprint: fc.constantFrom('one', 'one', 'two'),
    key: fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined, freq: 2 }),
    targets: fc.constantFrom<readonly string[]>(['crm', 'mail'], ['crm', 'mail'], ['crm'], []),
    optional: fc.constantFrom<readonly string[]>([], [], ['mail'], ['crm', 'mail']),
    isPutOff: seldom,
    hasCallback: oneIn(3),
    isListed: seldom.map((is) => !is),
    keep,
  })
  .map((wish) => ({
    label: `accept ${wish.eventId}`,
    actOn: (_life, { acts }) => {
      const ownId = wish.eventId === 'evt_own'
      const optional = wish.optional.filter((target) => wish.targets.includes(target))
      // An id of our own making is met again only in the same call, sent again.
      const same = acts.find(({ label }) => !ownId && label.startsWith(`accept ${wish.eventId} `))
      return same ?? acceptAct({ ...wish, ownId, optional })
    },
  }))

function acceptAct(input: steps.Acceptance): Act {
  return {
    label: `accept ${input.eventId} ${JSON.stringify(input)}`,
    run: async (store, life) => {
      const answer = await recordEvent(
        storeKeeping(store, input.keep),
        newEvent({
          id: input.eventId,
          ownId: input.ownId,
          fingerprint: input.fingerprint,
          targets: input.targets,
          optionalTargets: input.optional,
          idempotencyKey: input.key === undefined ? undefined : { owner: 'shop', key: input.key },
          notBefore: input.isPutOff ? { delayMs: msOf('later') } : undefined,
          callbackUrl: input.hasCallback ? 'https://caller.example' : undefined,
          unlisted: !input.isListed,
        }),
      )
      const settledAt = answer.kind === 'accepted' ? answer.callbackAtMs : undefined
      return { real: `${answer.kind} ${answer.eventId}`, meant: steps.accept(life, input, settledAt) }
    },
  }
}
