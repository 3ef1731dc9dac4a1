/** Connections that lie still: who takes no answer, with a key or without, is cut off; who waits for one, or is told slowly, is not. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { readSettings, resolveConfig } from '@manifold/config'
import { createLogger, SERVER_LIMITS, STILL_MS } from '@manifold/runtime'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { MAX_WAIT_SECONDS } from '../../apps/producer/src/http/prefer.ts'
import { startProducer, type RunningProducer } from '../../apps/producer/src/producer.ts'
import { BEAT_MS } from '../../apps/producer/src/streams/open-streams.ts'
import { openLines } from '../support/batch.ts'
import { eventually } from '../support/eventually.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { connectionsOf, serverAt } from '../support/server-at.ts'
import { openSocket } from '../support/web-socket.ts'

const SHORT_MS = 300

let redis: TestRedis
let producer: RunningProducer
let server: Server
let url: string
const open: Socket[] = []

beforeAll(async () => {
  redis = await startTestRedis()
  producer = await start(SHORT_MS)
  url = `http://127.0.0.1:${String(producer.port)}`
  server = await serverAt(url)
})
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy()
  await eventually('all to have gone', async () => (await connectionsOf(server)) === 0)
})
afterAll(async () => {
  await producer.close()
  await redis.close()
})

function start(stillMs?: number): Promise<RunningProducer> {
  return startProducer({
    settings: readSettings({ REDIS_URL: redis.url, PORT: '0', MANIFOLD_DRAIN_MS: '200' }),
    config: resolveConfig('test', { targets: [] }),
    logger: createLogger('test', 'silent'),
    ...(stillMs === undefined ? {} : { stillMs }),
  })
}

/** A client that sends words and then neither reads, nor closes its side. */
async function sayAndLie(words: string): Promise<Socket> {
  const socket = connect({ port: producer.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined).pause()
  open.push(socket)
  await once(socket, 'connect')
  socket.write(words)
  return socket
}

const head = (line: string, ...lines: string[]) => [line, 'host: 127.0.0.1', ...lines, '', ''].join('\r\n')

const isCut = () => eventually('it to be cut off', async () => (await connectionsOf(server)) === 0)

test('a stranger who asks for pages without end and takes none is cut off', async () => {
  await sayAndLie(head('GET /openapi.json HTTP/1.1').repeat(200))
  await eventually('it to be there', async () => (await connectionsOf(server)) === 1)
  await isCut()
})

test('a handshake that is refused ends, though its client never closes its side', async () => {
  await sayAndLie(head('GET /v1/ws HTTP/1.1', 'connection: Upgrade', 'upgrade: websocket'))
  await isCut()
})

test('a WebSocket that says nothing, and a batch whose caller takes its time, are not cut off', async () => {
  const client = await openSocket(url)
  const { body, send, end } = openLines()
  const event = { type: 'order.placed', data: 1 }
  send(event)
  const answer = fetch(`${url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', connection: 'close' },
    body,
    duplex: 'half',
  })
  await eventually('both to be there', async () => (await connectionsOf(server)) === 2)
  // Who comes later and lies still has gone: so long the two have said nothing.
  await sayAndLie('GET /livez HT')
  await eventually('the third', async () => (await connectionsOf(server)) === 3)
  await eventually('the third to have gone', async () => (await connectionsOf(server)) === 2)
  send(event)
  end()
  expect(await (await answer).text()).toContain('"accepted":2')
  expect(await client.ask({ do: 'publish', event })).toMatchObject({
    message: 'published',
  })
  client.socket.terminate()
})

test('a producer has the limits that are written down; the longest wait and the beat of streams are within them', async () => {
  const other = await start()
  try {
    const at = await serverAt(`http://127.0.0.1:${String(other.port)}`)
    const { headersTimeout, requestTimeout, maxHeaderSize } = SERVER_LIMITS
    expect(at).toMatchObject({ headersTimeout, requestTimeout, maxHeaderSize })
    expect(at).toMatchObject({ timeout: STILL_MS, maxConnections: 10_000 })
  } finally {
    await other.close()
  }
  expect(STILL_MS).toBeGreaterThan(MAX_WAIT_SECONDS * 1_000)
  expect(STILL_MS).toBeGreaterThan(2 * BEAT_MS)
})
