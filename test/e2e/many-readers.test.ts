/** Two thousand who wait and five hundred who follow, at once: each sees its own end, and what they cost is given back. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

type Crowd = {
  readonly events: number
  /** Who wait for an event of their own with a long poll. */
  readonly waiting: number
  /** Who follow an event of their own, the events of one type, and all events. */
  readonly ofOne: number
  readonly ofSome: number
  readonly ofAll: number
}

const WARM_UP: Crowd = { events: 1_000, waiting: 200, ofOne: 100, ofSome: 90, ofAll: 10 }
const WHOLE: Crowd = { events: 5_000, waiting: 2_000, ofOne: 250, ofSome: 225, ofAll: 25 }

let system: System

beforeAll(async () => {
  system = await startSystem({
    environment: { LOG_LEVEL: 'warn' },
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok`, concurrency: 50 }],
    }),
  })
})
afterAll(async () => {
  await system.close()
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${system.url}/metrics`)).text()
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1])
}

type Counts = { ended: number; settled: number; messages: number }

/** Counts what it reads, and keeps nothing of it. */
async function read(path: string): Promise<{ counts: Counts; response: IncomingMessage }> {
  const asked = get(system.url + path, { agent: false })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  asked.on('error', () => undefined)
  const counts: Counts = { ended: 0, settled: 0, messages: 0 }
  let rest = ''
  response.setEncoding('utf8').on('data', (piece: string) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('event: ')) counts.messages++
      if (line === 'event: settled') counts.settled++
    }
  })
  response.on('end', () => counts.ended++).on('error', () => undefined)
  return { counts, response }
}

const publish = async (count: number, type: (index: number) => string) => {
  const ids: string[] = []
  for (let from = 0; from < count; from += 100)
    ids.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(100, count - from) }, async (_, index) => {
          const { body } = await system.api.post({ type: type(from + index), data: { index: from + index } })
          return body.id
        }),
      )),
    )
  return ids
}

/** Waits for an event with a long poll. @returns the status it then had */
async function waitFor(id: string): Promise<string> {
  const asked = get(`${system.url}/v1/events/${id}?wait=60`, { agent: false })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return ((await json(response)) as { status: string }).status
}

/** How many connections to Redis read the feed. */
async function feedConnections(): Promise<number> {
  const clients = String(await system.store.redis.call('CLIENT', 'LIST'))
  return clients.split('\n').filter((line) => / cmd=xread\b/.test(line)).length
}

/** One whole round. */
async function round({ events, waiting, ofOne, ofSome, ofAll }: Crowd): Promise<void> {
  await system.api.call('POST', '/v1/admin/targets/crm/pause')
  const awaited = await publish(waiting, () => 'awaited.event')
  const own = await publish(ofOne, () => 'own.event')
  const waits = Promise.all(awaited.map(waitFor))
  const readers = await Promise.all([
    ...own.map((id) => read(`/v1/events/${id}/stream`)),
    ...Array.from({ length: ofSome }, (_, index) => read(`/v1/stream?type=some.n${String(index)}`)),
    ...Array.from({ length: ofAll }, () => read('/v1/stream?type=some.*')),
  ])
  expect(await metric('manifold_streams_open')).toBe(readers.length)
  // Those of the live feed follow together.
  await eventually('all wait', async () => (await metric('manifold_followers')) === waiting + ofOne + 1)
  expect(await feedConnections()).toBe(1)

  await system.api.call('POST', '/v1/admin/targets/crm/resume')
  const rest = events - waiting - ofOne
  await publish(rest, (index) => `some.n${String(index % ofSome)}`)
  const expected = (reader: number) => {
    if (reader < ofOne) return 1
    return reader < ofOne + ofSome ? Math.ceil((rest - (reader - ofOne)) / ofSome) : rest
  }
  expect(new Set(await waits)).toEqual(new Set(['delivered']))
  await eventually('each has seen its own end', () =>
    readers.every(({ counts }, index) => counts.settled === expected(index)),
  )
  await eventually('streams of one event have ended', () =>
    readers.slice(0, ofOne).every(({ counts }) => counts.ended === 1),
  )
  for (const { counts } of readers.slice(ofOne)) expect(counts.messages).toBe(counts.settled * 4)
  for (const { response } of readers) response.destroy()
  await eventually('nobody follows', async () => {
    const [open, followers] = [await metric('manifold_streams_open'), await metric('manifold_followers')]
    return open === 0 && followers === 0
  })
}

const TITLE =
  '2,000 who wait and 500 who follow, while 5,000 events settle, each see their own end and leave nothing behind'

test(TITLE, { timeout: 180_000 }, async () => {
  // Warms up what is kept for good.
  await round(WARM_UP)
  const before = { heap: heapUsed(), sockets: sockets() }
  await round(WHOLE)
  await eventually('the sockets are closed', () => sockets() <= before.sockets + 5)
  await eventually('the heap is as before', () => heapUsed() - before.heap < 16_000_000)
})
