import type { DeadReason } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { accept, bury, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { countDeadLetters, findDelivery, listDeadLetters, type DeadLetterFilter } from './dead-letters.ts'
import { discardDelivery } from './discard.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'
import type { Position } from './time-index.ts'

const store = useTestStore()

let clock = 0

type Letter = { id?: string; target?: string; type?: string; reason?: DeadReason; diedAtMs?: number }

/** Makes a dead letter. @returns its delivery id */
async function die({
  id,
  target = 'crm',
  type = 'order.placed',
  reason = 'exhausted',
  diedAtMs,
}: Letter = {}) {
  const parts = id === undefined ? {} : { id, ownId: true }
  const eventId = await accept(store, { type, targets: [target], ...parts })
  await bury(store, refOf(eventId, target), reason)
  const at = diedAtMs ?? ++clock
  await store.redis.zadd(keys.deadLetters, at, `${eventId}-${target}`)
  await store.redis.zadd(keys.deadLettersOf(target), at, `${eventId}-${target}`)
  return `${eventId}-${target}`
}

async function list(
  filter: DeadLetterFilter,
  order: 'newest' | 'oldest' = 'newest',
  limit = 2,
): Promise<string[]> {
  const found: string[] = []
  let from: Position | undefined
  do {
    const page = await listDeadLetters(store, filter, order, from, limit)
    expect(page.items.length).toBeLessThanOrEqual(limit)
    found.push(...page.items.map(({ delivery }) => delivery.id))
    from = page.next
  } while (from !== undefined)
  return found
}

describe('the list', () => {
  test('holds the dead letters of all targets by the time they died, in either order', async () => {
    const ids = [await die(), await die({ target: 'email' }), await die(), await die({ target: 'email' })]
    expect(await list({}, 'oldest')).toEqual(ids)
    expect(await list({}, 'newest')).toEqual(ids.toReversed())
    expect(await list({}, 'newest', 1)).toEqual(ids.toReversed())
  })

  test('shows each letter with its event and its delivery', async () => {
    await die({ id: 'order-1', target: 'crm-eu', reason: 'gone', type: 'order.paid' })
    const { items } = await listDeadLetters(store, {}, 'newest', undefined, 10)
    expect(items).toMatchObject([
      {
        event: { id: 'order-1', type: 'order.paid', status: 'failed' },
        delivery: { id: 'order-1-crm-eu', target: 'crm-eu', status: 'dead', reason: 'gone' },
      },
    ])
  })

  test('by target holds only the letters of exactly that target', async () => {
    const crm = await die({ id: 'a', target: 'crm' })
    const crmEu = await die({ id: 'b', target: 'crm-eu' })
    await die({ target: 'eu' })
    expect(await list({ target: 'crm' })).toEqual([crm])
    expect(await list({ target: 'crm-eu' })).toEqual([crmEu])
    expect(await list({ target: 'unknown' })).toEqual([])
  })

  test('by type and by reason holds only those letters', async () => {
    const paid = await die({ type: 'order.paid' })
    const gone = await die({ reason: 'gone' })
    const both = await die({ type: 'order.paid', reason: 'gone', target: 'email' })
    expect(await list({ type: 'order.paid' })).toEqual([both, paid])
    expect(await list({ reason: 'gone' })).toEqual([both, gone])
    expect(await list({ type: 'order.paid', reason: 'gone', target: 'crm' })).toEqual([])
    expect(await list({ type: 'order.paid', reason: 'gone', target: 'email' })).toEqual([both])
  })

  test('by time leaves out both ends of the range', async () => {
    await die({ diedAtMs: 100 })
    const inside = await die({ diedAtMs: 101 })
    await die({ diedAtMs: 102 })
    expect(await list({ afterMs: 100, beforeMs: 102 })).toEqual([inside])
  })

  test.each(['newest', 'oldest'] as const)(
    'pages over letters that died at once, %s first',
    async (order) => {
      const ids = new Set<string>()
      for (let count = 0; count < 7; count++) ids.add(await die({ diedAtMs: 50 }))
      const listed = await list({}, order)
      expect(listed).toHaveLength(7)
      expect(new Set(listed)).toEqual(ids)
    },
  )

  test('goes on behind letters that are replayed while it is paged through', async () => {
    const ids = [await die(), await die(), await die(), await die()]
    const first = await listDeadLetters(store, {}, 'oldest', undefined, 2)
    for (const { event, delivery } of first.items) await reopenDelivery(store, event.id, delivery.target)
    const second = await listDeadLetters(store, {}, 'oldest', first.next, 2)
    expect(second.items.map(({ delivery }) => delivery.id)).toEqual(ids.slice(2))
  })

  test('finds a rare letter behind many others, over as many pages as it takes', async () => {
    const rare = await die({ reason: 'gone', diedAtMs: 1 })
    await Promise.all(Array.from({ length: 2_100 }, () => die({ diedAtMs: 10 })))
    expect(await list({ reason: 'gone' }, 'newest', 5)).toEqual([rare])
  })

  test('leaves out an entry whose event is gone, or whose delivery is not dead', async () => {
    const kept = await die()
    await die({ id: 'gone-event' })
    await store.redis.del(keys.event('gone-event'))
    const pending = await accept(store)
    await store.redis.zadd(keys.deadLetters, ++clock, `${pending}-crm`)
    await store.redis.zadd(keys.deadLettersOf('crm'), clock, `${pending}-crm`)
    expect(await list({})).toEqual([kept])
    expect(await list({ target: 'crm' })).toEqual([kept])
  })

  test('and the count of a target leave out what was replayed or discarded', async () => {
    await die({ id: 'replayed' })
    await die({ id: 'discarded' })
    const kept = await die()
    await die({ target: 'email' })
    await reopenDelivery(store, 'replayed', 'crm')
    await discardDelivery(store, 'discarded', 'crm')
    expect(await list({ target: 'crm' })).toEqual([kept])
    expect(await countDeadLetters(store, 'crm')).toBe(1)
  })
})

describe('by delivery id', () => {
  const UUID = '0b9e0e4c-7d0e-4b4e-9d3a-1c2b3a4d5e6f'

  test.each([
    ['evt_1', 'crm'],
    ['evt_1', 'crm-eu-2'],
    ['my-order-7', 'crm'],
    [UUID, 'crm-eu'],
    ['a-b', 'b'],
  ])('event %s and target %s are told apart, whatever hyphens they hold', async (id, target) => {
    await die({ id, target })
    expect(await findDelivery(store, `${id}-${target}`)).toMatchObject({
      event: { id },
      delivery: { target },
    })
    expect(await list({})).toEqual([`${id}-${target}`])
    expect(await list({ target })).toEqual([`${id}-${target}`])
  })

  test('a shorter event id that exists too does not hide the delivery', async () => {
    await accept(store, { id: 'my', ownId: true, targets: ['crm'] })
    await die({ id: 'my-order', target: 'crm' })
    expect(await findDelivery(store, 'my-order-crm')).toMatchObject({ event: { id: 'my-order' } })
  })

  test('a delivery that is not dead is found too', async () => {
    const eventId = await accept(store)
    expect(await findDelivery(store, `${eventId}-crm`)).toMatchObject({ delivery: { status: 'pending' } })
  })

  test('an unknown event, an unknown target and what is no delivery id are not found', async () => {
    const eventId = await accept(store)
    for (const id of ['evt_unknown-crm', `${eventId}-email`, eventId, '', '-', '-crm', `${eventId}-`]) {
      expect(await findDelivery(store, id)).toBeUndefined()
    }
  })
})
