/** Waiting: long polls behind one another, until the event is settled or time is up. */
import { expect, test } from 'vitest'
import {
  acceptedEvent,
  patientClock,
  problem,
  scriptedManifold,
} from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'

const pending = { status: 200, headers: { etag: '"1"', 'retry-after': '2' }, body: acceptedEvent() }
const unchanged = { status: 304, headers: { etag: '"1"', 'retry-after': '2' } }
const delivered = { status: 200, headers: { etag: '"2"' }, body: acceptedEvent('evt_1', 'delivered') }

test('it asks the server to wait, with what it knows already, until the event is settled', async () => {
  const { url, asked } = await scriptedManifold(pending, unchanged, delivered)
  const event = await createClient({ url, clock: patientClock() }).waitFor('evt_1')
  expect(event.status).toBe('delivered')
  expect(asked.map(({ path, headers }) => [path, headers['if-none-match']])).toEqual([
    ['/v1/events/evt_1?wait=30', undefined],
    ['/v1/events/evt_1?wait=30', '"1"'],
    ['/v1/events/evt_1?wait=30', '"1"'],
  ])
})

test('a server that does not wait is asked again only after the pause it names', async () => {
  const { url } = await scriptedManifold(pending, unchanged, delivered)
  const clock = patientClock()
  await createClient({ url, clock }).waitFor('evt_1')
  expect(clock.pausesMs).toEqual([2_000, 2_000])
})

test('an event that is put off for days is still asked about twice a minute: it may be cancelled', async () => {
  const putOff = { ...pending, headers: { 'retry-after': '2592000' } }
  const { url } = await scriptedManifold(putOff, delivered)
  const clock = patientClock()
  await createClient({ url, clock }).waitFor('evt_1')
  expect(clock.pausesMs).toEqual([30_000])
})

test('a server that did wait is asked again at once', async () => {
  const clock = patientClock()
  const { url, asked } = await scriptedManifold((response) => {
    void clock.sleep(30_000)
    clock.pausesMs.length = 0
    response.writeHead(200).end(JSON.stringify(acceptedEvent()))
  }, delivered)
  await createClient({ url, clock }).waitFor('evt_1')
  expect(asked).toHaveLength(2)
  expect(clock.pausesMs).toEqual([])
})

test('when time is up, the event is given as it is', async () => {
  const { url, asked } = await scriptedManifold(pending, unchanged)
  const clock = patientClock()
  const event = await createClient({ url, clock }).waitFor('evt_1', { timeoutMs: 4_500 })
  expect(event.status).toBe('pending')
  expect(asked.map(({ path }) => path.split('?')[1])).toEqual(['wait=4', 'wait=2', 'wait=0', 'wait=0'])
  expect(clock.pausesMs).toEqual([2_000, 2_000, 500])
})

test('a server that falls silent does not hold it much beyond its time', async () => {
  const { url } = await scriptedManifold(pending, () => undefined)
  const client = createClient({ url, timeoutMs: 50, clock: { ...patientClock(), nowMs: () => Date.now() } })
  expect(await client.waitFor('evt_1', { timeoutMs: 20 })).toMatchObject({ status: 'pending' })

  const silent = await scriptedManifold(() => undefined)
  const never = createClient({ url: silent.url, timeoutMs: 20 }).waitFor('evt_1', { timeoutMs: 20 })
  await expect(never).rejects.toMatchObject({ code: 'timeout' })
})

test('no such event ends the wait', async () => {
  const { url } = await scriptedManifold(pending, { status: 404, body: problem('event-not-found', 404) })
  const wait = createClient({ url, clock: patientClock() }).waitFor('evt_1')
  await expect(wait).rejects.toMatchObject({ code: 'event-not-found' })
})

test('an abort ends the wait at once, and frees its connection', async () => {
  let isFree = false
  const { url, asked } = await scriptedManifold((response) => {
    response.on('close', () => (isFree = true))
  })
  const controller = new AbortController()
  const wait = createClient({ url }).waitFor('evt_1', { signal: controller.signal })
  await expect.poll(() => asked.length).toBe(1)
  controller.abort()
  await expect(wait).rejects.toThrow(/abort/)
  await expect.poll(() => isFree).toBe(true)
})
