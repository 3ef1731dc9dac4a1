import { expect, test } from 'vitest'
import { accept, attemptAndSettle, keptEvent, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'

const store = useTestStore()

/** `!` marks a required target; `+` is delivered, `-` is dead. */
test.each([
  ['!+ !+ ?-', 'delivered'],
  ['!+ ?+', 'delivered'],
  ['!- ?+', 'failed'],
  ['!+ !- ?+', 'partially_delivered'],
  ['!- !- ?-', 'failed'],
  ['?+ ?-', 'partially_delivered'],
  ['?+ ?+', 'delivered'],
  ['?- ?-', 'partially_delivered'],
])('required and optional deliveries that ended as %s make the event %s', async (ends, status) => {
  const deliveries = ends.split(' ').map((end, index) => ({
    target: `target-${String(index)}`,
    required: end[0] === '!',
    delivered: end[1] === '+',
  }))
  const eventId = await accept(store, {
    targets: deliveries.map(({ target }) => target),
    optionalTargets: deliveries.filter(({ required }) => !required).map(({ target }) => target),
  })
  for (const { target, delivered } of deliveries) {
    const settlement = delivered
      ? { kind: 'delivered' as const }
      : { kind: 'dead' as const, reason: 'rejected' as const }
    await attemptAndSettle(store, refOf(eventId, target), settlement)
  }
  const event = await keptEvent(store, eventId)
  expect(event.status).toBe(status)
  expect(event.deliveries.map(({ required }) => required)).toEqual(deliveries.map(({ required }) => required))
})
