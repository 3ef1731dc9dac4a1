/** The client against a whole Manifold: one event followed to its end, and a live feed. */
import type * as Manifold from '@manifold/client'
import { createClient, type Client, type StreamMessage } from '@manifold/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

/** What the page has; only for functions that run in it. */
declare const manifold: typeof Manifold
declare const location: { readonly origin: string }

let system: System
let client: Client

beforeEach(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm` }],
    }),
    withWorker: false,
  })
  client = createClient({ url: system.url })
})

afterEach(() => system.close())

const order = { type: 'order.placed', data: { orderId: 'o-1' } }

/** Reads a stream beside the test. */
function reading(messages: AsyncIterable<StreamMessage>) {
  const seen: StreamMessage[] = []
  const work = (async () => {
    for await (const message of messages) seen.push(message)
  })()
  // Looked at when the test waits for it; until then a failure is no surprise to the process.
  work.catch(() => undefined)
  return { seen, ended: work }
}

const names = (seen: readonly StreamMessage[]) => seen.map(({ message }) => message)

test('the stream of an event begins with the event, tells each change, and ends with it', async () => {
  const { id } = await client.publish(order)
  const { seen, ended } = reading(client.stream({ eventId: id }))
  await eventually('the first message', () => seen.length === 1)
  await system.work()
  await ended
  expect(seen[0]).toMatchObject({ message: 'event', event: { id, status: 'pending' } })
  expect(names(seen)).toEqual(expect.arrayContaining(['attempt', 'delivery']))
  expect(seen.at(-1)).toMatchObject({ message: 'settled', eventId: id, status: 'delivered' })

  const later = reading(client.stream({ eventId: id }))
  await later.ended
  expect(names(later.seen)).toEqual(['event', 'settled'])
})

test('a live feed goes on where it was left, without a gap or a repeat', async () => {
  await system.work()
  const controller = new AbortController()
  let isOpen = false
  const whole = reading(
    client.stream({ type: 'order.*' }, { signal: controller.signal, onOpen: () => (isOpen = true) }),
  )
  await eventually('the feed to be open', () => isOpen)
  const published = await Promise.all(Array.from({ length: 10 }, () => client.publish(order)))
  const settledIn = (seen: readonly StreamMessage[]) =>
    seen.flatMap((one) => (one.message === 'settled' ? [one.eventId] : []))
  await eventually('all to be settled', () => settledIn(whole.seen).length === 10)
  expect(settledIn(whole.seen).sort()).toEqual(published.map(({ id }) => id).sort())

  const half = whole.seen[Math.floor(whole.seen.length / 2)]
  if (half === undefined) throw new Error('nothing was seen')
  const rest = reading(client.stream({ type: 'order.*' }, { signal: controller.signal, after: half.id }))
  const expected = whole.seen.slice(whole.seen.indexOf(half) + 1)
  await eventually('the rest', () => rest.seen.length === expected.length)
  expect(rest.seen).toEqual(expected)

  controller.abort()
  await expect(whole.ended).rejects.toThrow(/abort/)
  await expect(rest.ended).rejects.toThrow(/abort/)
})

test('a page in a browser follows a live feed', async () => {
  await system.work()
  const page = await openPage(system.url)
  const seen = await page.evaluate(async (event) => {
    const client = manifold.createClient({ url: location.origin })
    const { promise: opened, resolve: onOpen } = Promise.withResolvers<undefined>()
    const feed = client.stream(
      { type: 'order.*' },
      {
        onOpen: () => {
          onOpen(undefined)
        },
      },
    )
    const first = feed.next()
    await opened
    const { id } = await client.publish(event)
    const messages: string[] = []
    for (let next = await first; next.done !== true; next = await feed.next()) {
      const { value } = next
      if ('eventId' in value && value.eventId === id) messages.push(value.message)
      if (value.message === 'settled') break
    }
    await feed.return()
    return messages
  }, order)
  expect(seen).toEqual(expect.arrayContaining(['accepted', 'attempt', 'delivery', 'settled']))
})
