/** A page in a real browser follows live streams, with nothing but what browsers bring. */
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
let browser: Browser
let page: Page

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('there is no Chromium here')
  // As root, which CI often is, Chromium runs only without its sandbox.
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  // It stands for a page of the same origin: what the producer itself serves may connect to nothing.
  page = await browser.newPage({ bypassCSP: true })
  await page.goto(`${system.url}/livez`)
}, 120_000)

afterAll(async () => {
  await browser.close()
  await system.close()
})

/** What a script that runs in the page gives. Scripts are texts: this project knows nothing of a page's globals. */
const inPage = (script: string) => page.evaluate<unknown>(script)
const later = (script: string) => eventually(script, async () => (await inPage(script)) === true)

test('a page follows the live feed with EventSource', async () => {
  await inPage(`
    window.said = []
    window.feed = new EventSource('/v1/stream?type=order.*')
    for (const name of ['accepted', 'attempt', 'delivery', 'settled'])
      feed.addEventListener(name, (frame) => said.push({ name, id: frame.lastEventId, ...JSON.parse(frame.data) }))
    new Promise((resolve) => feed.addEventListener('open', resolve)).then(() => true)`)
  const { body } = await system.api.post({ type: 'order.placed', data: 1 })
  await later(`said.length === 4`)
  await inPage(`feed.close()`)
  expect(await inPage(`said`)).toMatchObject([
    { name: 'accepted', eventId: body.id, type: 'order.placed' },
    { name: 'attempt', eventId: body.id, attempt: { outcome: 'delivered' } },
    { name: 'delivery', eventId: body.id, status: 'delivered' },
    { name: 'settled', eventId: body.id, status: 'delivered' },
  ])
})

test('a page that follows an event to its end is told to stay away, and does', async () => {
  const { body } = await system.api.post({ type: 'order.placed', data: 2 })
  await inPage(`
    window.ends = 0
    window.one = new EventSource('/v1/events/${body.id}/stream')
    one.addEventListener('settled', () => ends++)
    true`)
  await later(`ends === 1 && one.readyState === EventSource.CLOSED`)
})

test('a page publishes and follows over WebSocket', async () => {
  await inPage(`
    window.told = []
    window.socket = new WebSocket('${system.url.replace('http:', 'ws:')}/v1/ws', 'manifold')
    socket.addEventListener('message', ({ data }) => told.push(JSON.parse(data)))
    new Promise((resolve) => socket.addEventListener('open', resolve)).then(() => {
      socket.send(JSON.stringify({ do: 'subscribe', ref: 's', type: 'order.socket' }))
    })`)
  await later(`told.length === 1`)
  await inPage(
    `socket.send(JSON.stringify({ do: 'publish', ref: 'p', event: { type: 'order.socket', data: 1 } }))`,
  )
  await later(`told.length === 6`)
  expect(await inPage(`told.map(({ message }) => message).sort()`)).toEqual([
    'accepted',
    'attempt',
    'delivery',
    'published',
    'settled',
    'subscribed',
  ])
})
