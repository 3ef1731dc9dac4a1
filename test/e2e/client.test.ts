/** The client against a whole Manifold: publishing through an outage, waiting, dead letters and replay. */
import { createClient, ManifoldError, type Client, type DeadLetter } from '@manifold/client'
import { defineEvents } from '@manifold/config'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

const events = defineEvents({
  'order.placed': z.object({ orderId: z.string(), total: z.number().default(0) }),
  'order.lost': z.object({ n: z.number() }),
})

let system: System
let client: Client<typeof events>

beforeEach(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      events,
      targets: [
        { name: 'crm', subscribe: ['order.placed'], url: `${sandboxUrl}/t/crm` },
        { name: 'broken', subscribe: ['order.lost'], url: `${sandboxUrl}/t/broken/status/400` },
      ],
    }),
  })
  client = createClient<typeof events>({ url: system.url })
})

afterEach(() => system.close())

/** Publishes events that die at their target. */
async function lose(count: number): Promise<string[]> {
  const published = await Promise.all(
    Array.from({ length: count }, (_, n) => client.publish({ type: 'order.lost', data: { n } })),
  )
  const settled = await Promise.all(published.map(({ id }) => client.waitFor(id)))
  expect(settled.map(({ status }) => status)).toEqual(settled.map(() => 'failed'))
  return published.map(({ id }) => id)
}

test('an event is published, waited for, and looked at', async () => {
  const published = await client.publish({ type: 'order.placed', data: { orderId: 'o-1' }, subject: 'o-1' })
  expect(published).toMatchObject({ status: 'pending', replayed: false, deliveries: [{ target: 'crm' }] })

  const event = await client.waitFor(published.id)
  expect(event).toMatchObject({ status: 'delivered', subject: 'o-1', type: 'order.placed' })
  expect(await client.event(published.id)).toEqual(event)
  expect(await client.attempts(published.id)).toMatchObject([
    { target: 'crm', number: 1, outcome: 'delivered' },
  ])
})

test('while Redis is away the client tries on, and the event is stored once', async () => {
  const statuses: number[] = []
  const watching = createClient<typeof events>({
    url: system.url,
    retry: { maxAttempts: 50, baseDelayMs: 20, maxDelayMs: 100 },
    fetch: async (...request) => {
      const response = await fetch(...request)
      statuses.push(response.status)
      return response
    },
  })
  await system.redis.kill()
  const work = watching.publish({ type: 'order.placed', data: { orderId: 'o-1' } })
  await eventually('a refusal', () => statuses.includes(503))
  await system.redis.start()
  const { id } = await work
  expect(statuses.at(-1)).toBe(202)
  await watching.waitFor(id)
  const { body } = await system.api.call<{ items: { id: string }[] }>('GET', '/v1/events')
  expect(body.items.map((event) => event.id)).toEqual([id])
})

test('an answer that got lost makes no second event', async () => {
  let lost = 0
  const unlucky = createClient<typeof events>({
    url: system.url,
    retry: { baseDelayMs: 1 },
    fetch: async (...request) => {
      const response = await fetch(...request)
      if (lost++ < 2) throw new TypeError('fetch failed')
      return response
    },
  })
  const published = await unlucky.publish({ type: 'order.placed', data: { orderId: 'o-1' } })
  expect(published.replayed).toBe(true)
  const { body } = await system.api.call<{ items: { id: string }[] }>('GET', '/v1/events')
  expect(body.items.map((event) => event.id)).toEqual([published.id])
})

test('what the catalogue refuses is refused with the path of each mistake', async () => {
  const wrong = { type: 'order.placed', data: { orderId: 7 } }
  const error: unknown = await createClient({ url: system.url })
    .publish(wrong)
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManifoldError)
  expect(error).toMatchObject({ code: 'invalid-event', status: 422, errors: [{ path: 'data.orderId' }] })
})

test('dead letters are listed over pages, looked at, replayed one by one, and discarded', async () => {
  const ids = await lose(3)
  const dead: DeadLetter[] = []
  for await (const one of client.deadLetters.all({ target: 'broken' })) dead.push(one)
  expect(dead.map(({ eventId }) => eventId).sort()).toEqual(ids.toSorted())
  const { items, nextCursor } = await client.deadLetters.list({ reason: 'rejected' }, { limit: 2 })
  expect(items).toHaveLength(2)
  const rest = await client.deadLetters.list({ reason: 'rejected' }, { limit: 2, cursor: nextCursor ?? '' })
  expect([...items, ...rest.items]).toEqual(dead)

  const [first, second] = dead
  if (first === undefined || second === undefined) throw new Error('too few')
  expect(await client.deadLetters.get(first.id)).toMatchObject({ data: { n: expect.any(Number) as number } })

  expect(await client.replay(first.id)).toMatchObject({ eventId: first.eventId, generation: 2 })
  await eventually('it to die again', async () => {
    const { items: now } = await client.deadLetters.list()
    return now.some(({ id, generation }) => id === first.id && generation === 2)
  })

  await client.deadLetters.discard(second.id)
  await expect(client.deadLetters.get(second.id)).rejects.toMatchObject({ code: 'dead-letter-not-found' })
})

test('a replay by filter is waited for', async () => {
  await lose(4)
  const replay = await client.replay({ target: 'broken', limit: 3 })
  expect(await replay.waitUntilDone({ pollMs: 20 })).toMatchObject({
    status: 'completed',
    matched: 3,
    replayed: 3,
    failed: 0,
  })
  expect((await client.bulkReplay(replay.id).progress()).status).toBe('completed')
})

test('what is not there is an error that says so', async () => {
  await expect(client.bulkReplay('rpl_none').progress()).rejects.toMatchObject({ code: 'replay-not-found' })
  await expect(client.event('evt_none')).rejects.toMatchObject({ code: 'event-not-found' })
})
