/** Where a stream goes on: resumed from a place, told of what is lost, caught up from far behind. */
import { keys } from '@manifold/store'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { accept, attemptAndSettle, refOf } from '../../../../test/support/store.ts'
import { ended, names, useStreamServer } from '../../../../test/support/stream-server.ts'
import { useTestStore } from '../../../../test/support/use-test-store.ts'

const store = useTestStore()
const server = useStreamServer(store)

const deliver = (eventId: string) => attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })

test.each(['header', 'query'])(
  'from any place of an event, by %s, the rest is told once, whether it has settled or not',
  async (by) => {
    const eventId = await accept(store)
    const whole = await server.open('/v1/stream?lastEventId=0')
    await attemptAndSettle(store, refOf(eventId), { kind: 'retry', delayMs: 0 })
    const resume = (id: string) =>
      by === 'header'
        ? server.open(`/v1/events/${eventId}/stream`, { 'last-event-id': id })
        : server.open(`/v1/events/${eventId}/stream?lastEventId=${id}`)
    await eventually('three', () => whole.frames().length === 3)
    const early = await resume(whole.frames()[1]?.id ?? '')
    await deliver(eventId)
    await ended(early)
    await eventually('six', () => whole.frames().length === 6)
    expect(early.frames()).toEqual(whole.frames().slice(2))
    for (let from = 0; from < 5; from++) {
      const stream = await resume(whole.frames()[from]?.id ?? '')
      await ended(stream)
      expect(stream.frames()).toEqual(whole.frames().slice(from + 1))
    }
  },
)

test('a place that is no longer kept is answered with a reset, and goes on from now', async () => {
  const eventId = await accept(store)
  for (let count = 0; count < 5; count++) await accept(store)
  await store.redis.xtrim(keys.changes, 'MAXLEN', 2)
  const gone = { 'last-event-id': '1-0.0' }
  const feed = await server.open('/v1/stream', gone)
  await eventually('the reset', () => names(feed)[0] === 'reset')
  expect(feed.frames()[0]?.data).toEqual({ reason: 'too-far-behind' })
  const one = await server.open(`/v1/events/${eventId}/stream`, gone)
  await eventually('the event', () => names(one).length === 2)
  await deliver(eventId)
  await ended(one)
  expect(names(one)).toEqual(['reset', 'event', 'attempt', 'delivery', 'settled'])
  await eventually('the end', () => names(feed).length === 4)
  expect(names(feed)).toEqual(['reset', 'attempt', 'delivery', 'settled'])
})

test('when changes are lost on the way, followers are told of the reset and go on', async () => {
  const eventId = await accept(store)
  const [feed, one] = [await server.open('/v1/stream'), await server.open(`/v1/events/${eventId}/stream`)]
  await eventually('the event', () => names(one).length === 1)
  await accept(store)
  await eventually('it is live', () => names(feed).length === 1)
  const flood = `
    for i = 1, 1000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', 'x') end
    redis.call('XTRIM', KEYS[1], 'MAXLEN', 900)`
  await store.redis.eval(flood, 1, keys.changes)
  await eventually('both resets', () => names(feed).includes('reset') && names(one).includes('reset'))
  expect(names(one)).toEqual(['event', 'reset', 'event'])
  await deliver(eventId)
  await ended(one)
  await eventually('the feed goes on', () => names(feed).at(-1) === 'settled')
})

test('a long way behind is caught up with in pieces, whole and in order', async () => {
  const flood = `for i = 1, 2000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', 'x') end`
  await store.redis.eval(flood, 1, keys.changes)
  const stream = await server.open('/v1/stream?lastEventId=0')
  await eventually('all', () => stream.frames().length === 2_000)
  const ids = stream.frames().map(({ data }) => data['eventId'])
  expect(ids).toEqual(Array.from({ length: 2_000 }, (_, index) => `evt_${String(index + 1)}`))
  const eventId = await accept(store)
  const one = await server.open(`/v1/events/${eventId}/stream?lastEventId=${stream.frames()[3]?.id ?? ''}`)
  await deliver(eventId)
  await ended(one)
  expect(names(one)).toEqual(['accepted', 'attempt', 'delivery', 'settled'])
})
