/** What the background does: confirms the outbox, forgets events. */
import { confirmOutbox, forgetEvent, forgetEvents, overdueOutbox } from '@manifold/store'
import fc from 'fast-check'
import type { Choice } from './act.ts'
import { EVENT_IDS, nameOf } from './picks.ts'
import * as steps from './steps.ts'

export const confirming: fc.Arbitrary<Choice> = fc.nat({ max: 3 }).map((rank) => ({
  label: 'confirm',
  actOn: () => ({
    label: `confirm the outbox, but ${String(rank)}`,
    run: async (store, life) => {
      // Written back by confirmOutbox as they were read: so the two agree on their form.
      const overdue = await overdueOutbox(store, 0, 1_000)
      const before = [...life.outbox].sort()
      const size =
        overdue.length === before.length ? 'all' : `${String(overdue.length)} of ${before.join(' ')}`
      const confirmed = overdue.slice(rank)
      await confirmOutbox(store, confirmed)
      for (const entry of confirmed) {
        if (entry.kind === 'event') life.outbox.delete(entry.eventId)
        else if (entry.kind === 'callback')
          life.outbox.delete(`${entry.eventId}//${String(entry.settledAtMs)}`)
        else if (entry.kind === 'delivery') life.outbox.delete(nameOf(entry.ref))
      }
      return { real: size, meant: 'all' }
    },
  }),
}))

export const forgetting: fc.Arbitrary<Choice> = fc
  .oneof(
    fc.record({
      ids: fc.shuffledSubarray([...EVENT_IDS], { minLength: 1 }),
      withDeadLetters: fc.constant(false),
    }),
    fc.record({ ids: fc.tuple(fc.constantFrom(...EVENT_IDS)), withDeadLetters: fc.constant(true) }),
  )
  .map(({ ids, withDeadLetters }) => ({
    label: 'forget',
    actOn: () => ({
      label: `forget ${ids.join(', ')}${withDeadLetters ? ' with its dead letters' : ''}`,
      run: async (store, life) => {
        const [first = ''] = ids
        const real = withDeadLetters
          ? [(await forgetEvent(store, first)) ? 'forgotten' : 'not-due']
          : await forgetEvents(store, ids)
        return {
          real: real.join(', '),
          meant: ids.map((id) => steps.forget(life, id, withDeadLetters)).join(', '),
        }
      },
    }),
  }))
