/** Callers that misbehave below HTTP clients: requests as bytes over a socket. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { bodyOf, type NewEvent } from '../stage/lane.ts'

/** A POST of the event, byte for byte. */
export function requestBytes(event: NewEvent): string {
  const body = bodyOf(event)
  return [
    'POST /v1/events HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    `idempotency-key: ${event.key}`,
    `content-length: ${String(Buffer.byteLength(body))}`,
    '',
    body,
  ].join('\r\n')
}

/** A connection to a part. What goes wrong with it is what the scenario is about. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}
