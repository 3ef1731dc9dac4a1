import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { clientWith, deadlineOf, listen } from '../../../test/support/scripted-server.ts'
import { createConnections } from './connections.ts'

/** A host that wants to be kept connected, and holds its answers when told to. */
async function host(answers: 'at once' | 'later' = 'at once') {
  const held: ServerResponse[] = []
  const sockets: Socket[] = []
  const server = createServer({ keepAliveTimeout: 600_000 }, (_request, response) => {
    if (answers === 'at once') response.end('ok')
    else held.push(response)
  })
  server.on('connection', (socket) => sockets.push(socket))
  const origin = `http://127.0.0.1:${String(await listen(server))}`
  return { origin, held, sockets }
}

function connectionsTo(maxOrigins: number) {
  const connections = createConnections(() => new Agent(), maxOrigins)
  onTestFinished(() => connections.destroy())
  const get = async (origin: string): Promise<number> => {
    const { statusCode, body } = await connections.to(origin).request({ origin, path: '/', method: 'GET' })
    await body.dump()
    return statusCode
  }
  return { connections, get }
}

test('a host is connected to however many others are', async () => {
  const hosts = await Promise.all([host(), host(), host(), host(), host()])
  const { get } = connectionsTo(2)
  for (const { origin } of [...hosts, ...hosts]) expect(await get(origin)).toBe(200)
})

test('connections are used again as long as there are not too many', async () => {
  const [one, other] = [await host(), await host()]
  const { get } = connectionsTo(2)
  for (const { origin } of [one, other, one, other]) await get(origin)
  expect([one.sockets.length, other.sockets.length]).toEqual([1, 1])
})

test('beyond that idle connections end, and what is under way gets its answer', async () => {
  const [idle, busy, another] = [await host(), await host('later'), await host()]
  const { get } = connectionsTo(2)
  await get(idle.origin)
  const under = get(busy.origin)
  const response = await eventually('the request to be under way', () => busy.held[0])
  const [socket] = idle.sockets
  if (socket === undefined) throw new Error('expected a connection')
  const ended = once(socket, 'close')
  expect(await get(another.origin)).toBe(200)
  await ended
  response.end('done')
  expect(await under).toBe(200)
})

/** Shorter than an idle connection is kept. */
const SOON_MS = 5_000

test('a connection is not used for ever, however busy: a name that means another address is followed', async () => {
  const { origin, sockets } = await host()
  const fetch = clientWith({}, 50).fetchWithin(deadlineOf())
  const isEnded = async () => {
    await fetch(origin)
    return sockets[0]?.destroyed
  }
  await eventually('the first connection to end', isEnded, SOON_MS)
})
