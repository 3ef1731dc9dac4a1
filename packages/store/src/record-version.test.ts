/** Records of three versions: older ones are read and written, newer ones are read as far as they are known, and never written. */
import { RECORD_VERSION } from '@manifold/domain'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  accept,
  attemptOf,
  bury,
  claim,
  dumpOf,
  keptDelivery,
  keptEvent,
  refOf,
  startTestStore,
  type TestStore,
} from '../../../test/support/store.ts'
import { cancelEvent } from './cancel.ts'
import { readChanges } from './change-feed.ts'
import { claimDeliveries, claimDelivery, releaseDelivery } from './claim.ts'
import { stateField } from './delivery-state.ts'
import { discardDelivery } from './discard.ts'
import { keys } from './keys.ts'
import { confirmOutbox, overdueOutbox } from './outbox.ts'
import { reopenDelivery } from './reopen.ts'
import { createReplay, readReplay } from './replay-record.ts'
import { settleDelivery } from './settle.ts'

let store: TestStore

beforeAll(async () => {
  store = await startTestStore()
})
beforeEach(() => store.clear())
afterAll(() => store.close())

const setState = (eventId: string, state: string, target = 'crm') =>
  store.redis.hset(keys.event(eventId), stateField(target), state)
const stateOf = (eventId: string) => store.redis.hget(keys.event(eventId), stateField('crm'))

const NEWER = `- 0 ${String(RECORD_VERSION + 1)} and more-of-it`
const DELIVERED = { kind: 'delivered' } as const
const DEAD = { kind: 'dead', reason: 'exhausted' } as const

describe('an older state', () => {
  test.each([
    ['of twelve words', 'pending 1 0 0 0 0 - - - - - -'],
    ['with a process', 'pending 1 2 0 0 0 - - - - - - abc'],
    ['with crashes', 'retrying 1 2 1 1 2 - - - - - - - 2'],
  ])('%s is claimed and settled', async (_title, state) => {
    const eventId = await accept(store)
    await setState(eventId, state)
    const { fence } = await claim(store, refOf(eventId))
    expect(await settle(eventId, fence)).toMatchObject({ kind: 'applied', eventStatus: 'delivered' })
  })

  test('is what is written now: the first version has no word for it', async () => {
    const eventId = await accept(store)
    expect(await stateOf(eventId)).toBe('pending 1 0 0 0 0 - - - - - -')
    await claim(store, refOf(eventId))
    expect((await stateOf(eventId))?.split(' ')).toHaveLength(13)
  })
})

const settle = (eventId: string, fence: number | undefined) =>
  settleDelivery(store, {
    ref: refOf(eventId),
    fence,
    settlement: DELIVERED,
    attempt: attemptOf('delivered'),
  })

describe('a newer state', () => {
  test('is not claimed, and another delivery of the same round trip is', async () => {
    const [newer, own] = [await accept(store), await accept(store)]
    await setState(newer, `pending 1 0 0 0 0 - - - - - - ${NEWER}`)
    const before = await stateOf(newer)
    const claims = await claimDeliveries(store, 'crm', [refOf(newer), refOf(own)])
    expect(claims).toMatchObject([{ kind: 'newer' }, { kind: 'claimed' }])
    expect(await stateOf(newer)).toBe(before)
  })

  test('keeps no delivery of the same event to another target from being made', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await setState(eventId, `delivered 1 1 1 1 1 - 1000 - - - - ${NEWER}`)
    expect(await claimDelivery(store, refOf(eventId, 'email'))).toMatchObject({ kind: 'claimed' })
  })

  test('is neither settled nor released by the one who had claimed it before, and nothing else moves', async () => {
    const eventId = await accept(store)
    const { fence } = await claim(store, refOf(eventId))
    await setState(eventId, `pending 1 ${String(fence)} 0 0 0 - - - 9999999999999 other - ${NEWER}`)
    const before = await dumpOf(store)
    expect(await settle(eventId, fence)).toEqual({ kind: 'newer' })
    await releaseDelivery(store, refOf(eventId), fence)
    expect(await dumpOf(store)).toEqual(before)
  })

  test('that is dead is neither replayed nor discarded, nor buried again', async () => {
    const eventId = await accept(store)
    await bury(store, refOf(eventId))
    await setState(eventId, `dead 1 1 1 1 1 - 1000 - - - exhausted ${NEWER}`)
    const before = await dumpOf(store)
    expect(await reopenDelivery(store, eventId, 'crm')).toEqual({ kind: 'newer' })
    expect(await discardDelivery(store, eventId, 'crm')).toEqual({ kind: 'newer' })
    const again = { ref: refOf(eventId), fence: undefined, settlement: DEAD, attempt: undefined }
    expect(await settleDelivery(store, again)).toEqual({ kind: 'newer' })
    expect(await dumpOf(store)).toEqual(before)
  })

  test('that is open keeps the whole event from being cancelled; one that has ended does not', async () => {
    const eventId = await accept(store, { targets: ['email', 'crm'] })
    await setState(eventId, `pending 1 0 0 0 0 - - - - - - ${NEWER}`)
    const before = await dumpOf(store)
    expect(await cancelEvent(store, eventId)).toEqual({ kind: 'newer' })
    expect(await dumpOf(store)).toEqual(before)
    await setState(eventId, `delivered 1 1 1 1 1 - 1000 - - - - ${NEWER}`)
    expect(await cancelEvent(store, eventId)).toMatchObject({
      kind: 'cancelled',
      refs: [{ target: 'email' }],
    })
  })

  test('shows in the status what is known of it', async () => {
    const eventId = await accept(store)
    await setState(eventId, `dead 3 7 5 2 7 - 1000 900 - - exhausted ${NEWER}`)
    await store.redis.hset(keys.event(eventId), 'unheardOf', 'what')
    expect(await keptEvent(store, eventId)).toMatchObject({ id: eventId, type: 'order.placed' })
    expect(await keptDelivery(store, refOf(eventId))).toMatchObject({
      status: 'dead',
      generation: 3,
      attempts: 5,
      endedAtMs: 1_000,
      reason: 'exhausted',
    })
  })
})

test('an entry of the outbox that a newer version wrote is told apart, and stays', async () => {
  const eventId = await accept(store)
  await store.redis.zadd(keys.outbox, 1, `${eventId}/crm/1/unheard-of/detail`)
  const overdue = await overdueOutbox(store, 0, 10)
  expect(overdue).toEqual([
    { kind: 'newer', text: `${eventId}/crm/1/unheard-of/detail` },
    { kind: 'event', eventId },
  ])
  expect(await overdueOutbox(store, 0, 10, 1)).toEqual([{ kind: 'event', eventId }])
  await confirmOutbox(store, [{ kind: 'event', eventId }])
  expect(await store.redis.zcard(keys.outbox)).toBe(1)
})

test('a bulk replay says which version made it; one without a word for it is of the first', async () => {
  await createReplay(store, 'r1', {})
  expect(await readReplay(store, 'r1')).toMatchObject({ version: RECORD_VERSION })
  await store.redis.hdel(keys.replay('r1'), 'version')
  expect(await readReplay(store, 'r1')).toMatchObject({ version: 1 })
})

test('what a newer version tells in the feed is passed over, and the next change follows', async () => {
  const eventId = await accept(store)
  await store.redis.xadd(keys.changes, '*', 'change', 'unheard-of', 'event', eventId)
  await bury(store, refOf(eventId))
  const kinds = (await readChanges(store, '0', 100)).map(({ kind }) => kind)
  expect(kinds).toEqual(['accepted', 'delivery', 'settled'])
})
