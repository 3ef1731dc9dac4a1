import { describe, expect, test } from 'vitest'
import { accept, bury, dumpOf, keptEvent, newEvent, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readPayload, recordEvent } from './event-record.ts'
import { keys } from './keys.ts'
import { outboxSize, overdueOutbox } from './outbox.ts'
import { IDEMPOTENCY_MS } from './store.ts'

const store = useTestStore()

const key = { owner: 'shop', key: 'order-A1' }

describe('accepting', () => {
  test('an accepted event is kept with its envelope and every delivery pending', async () => {
    const result = await recordEvent(
      store,
      newEvent({ id: 'evt_1', subject: 'A1', time: '2026-01-02T03:04:05Z', targets: ['crm', 'email'] }),
    )
    expect(result).toMatchObject({
      kind: 'accepted',
      eventId: 'evt_1',
      type: 'order.placed',
      targets: ['crm', 'email'],
    })
    const event = await keptEvent(store, 'evt_1')
    expect(event).toMatchObject({
      id: 'evt_1',
      type: 'order.placed',
      source: 'shop',
      subject: 'A1',
      time: '2026-01-02T03:04:05Z',
      status: 'pending',
      settledAtMs: undefined,
    })
    expect(event.deliveries).toEqual(
      ['crm', 'email'].map((target) => ({
        id: `evt_1-${target}`,
        target,
        required: true,
        status: 'pending',
        attempts: 0,
        generation: 1,
        nextAttemptAtMs: undefined,
        endedAtMs: undefined,
        reason: undefined,
        lastAttempt: undefined,
      })),
    )
    expect(await readPayload(store, 'evt_1')).toEqual({ orderId: 'A1' })
  })

  test('an accepted event is on the outbox, in the time index and in the change feed', async () => {
    const eventId = await accept(store)
    expect(await overdueOutbox(store, 0, 10)).toEqual([{ kind: 'event', eventId }])
    expect(await store.redis.zrange(keys.events, '0', '-1')).toEqual([eventId])
    expect(await store.redis.xlen(keys.changes)).toBe(1)
  })

  test("an event without a time of its own has Redis's time of acceptance", async () => {
    const [seconds] = await store.redis.time()
    const event = await keptEvent(store, await accept(store))
    expect(event.time).toBe(new Date(event.acceptedAtMs).toISOString())
    expect(event.acceptedAtMs).toBeGreaterThanOrEqual(Number(seconds) * 1_000)
    expect(event.acceptedAtMs).toBeLessThan(Number(seconds) * 1_000 + 5_000)
    expect(event.subject).toBeUndefined()
  })

  test('an event that no target wants settles at once as unrouted, with nothing to enqueue', async () => {
    const eventId = await accept(store, { targets: [] })
    const event = await keptEvent(store, eventId)
    expect(event).toMatchObject({ status: 'unrouted', deliveries: [], settledAtMs: event.acceptedAtMs })
    expect(await outboxSize(store)).toBe(0)
    expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(
      event.acceptedAtMs + store.retention.settledMs,
    )
  })
})

describe('repeated requests', () => {
  test('the same idempotency key with the same body answers with the first event', async () => {
    const first = await recordEvent(
      store,
      newEvent({ id: 'evt_1', idempotencyKey: key, fingerprint: 'same', targets: ['crm', 'email'] }),
    )
    const before = await dumpOf(store)
    const second = await recordEvent(
      store,
      newEvent({ id: 'evt_2', idempotencyKey: key, fingerprint: 'same', targets: ['crm'], type: 'other' }),
    )
    expect(second.kind).toBe('duplicate')
    expect(first).toMatchObject({ ...second, kind: 'accepted' })
    expect(await dumpOf(store)).toEqual(before)
  })

  test('the same idempotency key with another body is refused and stores nothing', async () => {
    await accept(store, { id: 'evt_1', idempotencyKey: key, fingerprint: 'one' })
    const before = await dumpOf(store)
    const second = await recordEvent(
      store,
      newEvent({ id: 'evt_2', idempotencyKey: key, fingerprint: 'two' }),
    )
    expect(second).toEqual({ kind: 'key-reused', eventId: 'evt_1' })
    expect(await dumpOf(store)).toEqual(before)
  })

  test('the idempotency keys of two owners do not meet', async () => {
    await accept(store, { idempotencyKey: { owner: 'a', key: 'k' }, fingerprint: 'one' })
    const other = newEvent({ idempotencyKey: { owner: 'b', key: 'k' }, fingerprint: 'two' })
    expect(await recordEvent(store, other)).toMatchObject({ kind: 'accepted' })
  })

  test('an idempotency key is kept for 24 hours, and its event at least as long', async () => {
    const eventId = await accept(store, { idempotencyKey: key, targets: [] })
    const [idempotencyKey = ''] = await store.redis.keys(keys.idempotency('*'))
    const leftMs = await store.redis.pttl(idempotencyKey)
    expect(leftMs).toBeGreaterThan(IDEMPOTENCY_MS - 60_000)
    expect(leftMs).toBeLessThanOrEqual(IDEMPOTENCY_MS)
    const { acceptedAtMs } = await keptEvent(store, eventId)
    expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(acceptedAtMs + IDEMPOTENCY_MS)
  })

  test('a settled event outlives its retention for as long as its idempotency key answers with it', async () => {
    const eventId = await accept(store, { idempotencyKey: key })
    const { acceptedAtMs } = await keptEvent(store, eventId)
    await bury(store, refOf(eventId))
    expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(acceptedAtMs + IDEMPOTENCY_MS)
  })

  test("a caller's id that belongs to another body is refused and stores nothing", async () => {
    await accept(store, { id: 'mine', ownId: true, fingerprint: 'one' })
    const before = await dumpOf(store)
    const second = await recordEvent(store, newEvent({ id: 'mine', ownId: true, fingerprint: 'two' }))
    expect(second).toEqual({ kind: 'id-taken', eventId: 'mine' })
    expect(await dumpOf(store)).toEqual(before)
  })

  test("a caller's id with the same body again answers as a duplicate", async () => {
    await accept(store, { id: 'mine', ownId: true, fingerprint: 'one' })
    const second = await recordEvent(store, newEvent({ id: 'mine', ownId: true, fingerprint: 'one' }))
    expect(second).toMatchObject({ kind: 'duplicate', eventId: 'mine', targets: ['crm'] })
  })

  test('a caller cannot take the id that Manifold gave to another event', async () => {
    const eventId = await accept(store, { fingerprint: 'one' })
    const second = await recordEvent(store, newEvent({ id: eventId, ownId: true, fingerprint: 'one' }))
    expect(second).toEqual({ kind: 'id-taken', eventId })
  })

  test('a call sent again after a lost reply answers as a duplicate', async () => {
    const input = newEvent()
    const first = await recordEvent(store, input)
    const before = await dumpOf(store)
    const second = await recordEvent(store, input)
    expect(second.kind).toBe('duplicate')
    expect(first).toMatchObject({ ...second, kind: 'accepted' })
    expect(await dumpOf(store)).toEqual(before)
  })

  test('of 50 concurrent accepts with one idempotency key, one stores its event and all answer with it', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, () =>
        recordEvent(store, newEvent({ idempotencyKey: key, fingerprint: 'same' })),
      ),
    )
    const accepted = results.filter((result) => result.kind === 'accepted')
    expect(accepted).toHaveLength(1)
    expect(results.filter((result) => result.kind === 'duplicate')).toHaveLength(49)
    expect(new Set(results.map((result) => result.eventId)).size).toBe(1)
    expect(await store.redis.zcard(keys.events)).toBe(1)
    expect(await outboxSize(store)).toBe(1)
    expect(Object.keys(await dumpOf(store)).filter((name) => name.startsWith(keys.eventPrefix))).toHaveLength(
      1,
    )
  })
})

test('an idempotency key whose event is gone says nothing any more: the request is accepted anew', async () => {
  const idempotencyKey = { owner: 'shop', key: 'stale' }
  const first = await recordEvent(store, newEvent({ id: 'gone', fingerprint: 'one', idempotencyKey }))
  expect(first.kind).toBe('accepted')
  await store.redis.del(keys.event('gone'))
  expect(await recordEvent(store, newEvent({ id: 'new', fingerprint: 'one', idempotencyKey }))).toMatchObject(
    {
      kind: 'accepted',
      eventId: 'new',
    },
  )
})

test('a repeated request claims its new idempotency key too: with it, another body is refused', async () => {
  const first = newEvent({ id: 'own-1', ownId: true, fingerprint: 'one' })
  await recordEvent(store, first)
  const idempotencyKey = { owner: 'shop', key: 'late' }
  expect(await recordEvent(store, { ...first, idempotencyKey })).toMatchObject({
    kind: 'duplicate',
    eventId: 'own-1',
  })
  expect(await recordEvent(store, newEvent({ fingerprint: 'two', idempotencyKey }))).toMatchObject({
    kind: 'key-reused',
    eventId: 'own-1',
  })
})
