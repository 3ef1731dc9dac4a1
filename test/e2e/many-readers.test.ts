/** Five hundred readers at once: each sees its own end, and what they cost is given back. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

const EVENTS = 1_500
const OF_ONE = 250
const OF_SOME = 225
const OF_ALL = 25

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

/** One whole round; the first warms up what is kept for good. */
async function round(): Promise<void> {
  await system.api.call('POST', '/v1/admin/targets/crm/pause')
  const own = await publish(OF_ONE, () => 'own.event')
  const readers = await Promise.all([
    ...own.map((id) => read(`/v1/events/${id}/stream`)),
    ...Array.from({ length: OF_SOME }, (_, index) => read(`/v1/stream?type=some.n${String(index)}`)),
    ...Array.from({ length: OF_ALL }, () => read('/v1/stream?type=some.*')),
  ])
  expect(await metric('manifold_streams_open')).toBe(readers.length)
  await system.api.call('POST', '/v1/admin/targets/crm/resume')
  const rest = EVENTS - OF_ONE
  await publish(rest, (index) => `some.n${String(index % OF_SOME)}`)
  const expected = (reader: number) => {
    if (reader < OF_ONE) return 1
    return reader < OF_ONE + OF_SOME ? Math.ceil((rest - (reader - OF_ONE)) / OF_SOME) : rest
  }
  await eventually('each has seen its own end', () =>
    readers.every(({ counts }, index) => counts.settled === expected(index)),
  )
  await eventually('streams of one event have ended', () =>
    readers.slice(0, OF_ONE).every(({ counts }) => counts.ended === 1),
  )
  for (const { counts } of readers.slice(OF_ONE)) expect(counts.messages).toBe(counts.settled * 4)
  for (const { response } of readers) response.destroy()
  await eventually('nobody follows', async () => {
    const [open, followers] = [await metric('manifold_streams_open'), await metric('manifold_followers')]
    return open === 0 && followers === 0
  })
}

test('500 readers each see their own end, and leave nothing behind', { timeout: 120_000 }, async () => {
  await round()
  const before = { heap: heapUsed(), sockets: sockets() }
  await round()
  await eventually('the sockets are closed', () => sockets() <= before.sockets + 5)
  await eventually('the heap is as before', () => heapUsed() - before.heap < 16_000_000)
})
