/** Real servers and clients for one test: closed, with their connections, when the test is over. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createTargetClient, startDeadline, type Deadline, type TargetClient } from '@manifold/delivery'
import { onTestFinished } from 'vitest'

/** A deadline that a test waits for, and one that it must never see. */
export const SHORT_MS = 250
export const LONG_MS = 20_000

type Policy = Partial<Parameters<typeof createTargetClient>[0]>

/** Listens on a free port of 127.0.0.1, and gives the port. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** An HTTP server; gives its origin. A listener that throws fails the test as an unhandled rejection. */
export async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((request, response) => {
    void listener(request, response)
  })
  return `http://127.0.0.1:${String(await listen(server))}`
}

/**
 * The client of a target that may be at a private address, as every test server is.
 * @param maxConnectionAgeMs the client's own unless a test cannot wait for that
 */
export function clientWith(policy: Policy = {}, maxConnectionAgeMs?: number): TargetClient {
  const whole = {
    timeoutMs: LONG_MS,
    maxResponseBytes: 65_536,
    concurrency: 5,
    allowPrivateNetwork: true,
    tls: undefined,
    ...policy,
  }
  const client = createTargetClient(whole, maxConnectionAgeMs)
  onTestFinished(() => client.close())
  return client
}

/** The deadline of an attempt, by default one that never comes. */
export function deadlineOf(
  timeoutMs = LONG_MS,
  stopping: AbortSignal = new AbortController().signal,
): Deadline {
  const deadline = startDeadline(timeoutMs, stopping)
  onTestFinished(() => {
    deadline.end()
  })
  return deadline
}
