/**
 * A door with TLS in front of the receiver, which shows each caller the certificate of the moment, or none at all.
 *
 * Owns the listener, and the account of what callers said: to a bad certificate nobody may say anything.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'

export type Shown =
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string }
  /** Takes the first bytes of a handshake, and never answers. */
  | { readonly kind: 'silence' }
  /** Answers as a server does that knows no TLS. */
  | { readonly kind: 'plain' }

/** A certificate as it was issued. */
export function showing({
  certificate,
  privateKey,
}: Readonly<Record<'certificate' | 'privateKey', string>>): Shown {
  return { kind: 'certificate', certificate, privateKey }
}

export type TlsDoor = {
  readonly port: number
  /** To callers from now on; those that are inside are put out. @param name for the account */
  readonly show: (name: string, shown: Shown) => void
  /** How many came while that was shown. */
  readonly callers: (name: string) => number
  /** What they said: within TLS where there was one, else as it came. */
  readonly heard: (name: string) => string
  readonly close: () => void
}

/** @param receiverPort where callers go who are let in; asked when somebody is */
export async function openTlsDoor(receiverPort: () => number): Promise<TlsDoor> {
  const sockets = new Set<Socket>()
  const callers = new Map<string, number>()
  const heard = new Map<string, string>()
  let current: { readonly name: string; readonly shown: Shown } = { name: '', shown: { kind: 'silence' } }

  const keep = <S extends Socket>(socket: S): S => {
    sockets.add(socket)
    // Callers break off: that is what it is about.
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    return socket
  }

  const server = createServer((raw) => {
    const { name, shown } = current
    keep(raw)
    callers.set(name, (callers.get(name) ?? 0) + 1)
    const hear = (chunk: Buffer) => {
      heard.set(name, (heard.get(name) ?? '') + chunk.toString('latin1'))
    }
    switch (shown.kind) {
      case 'certificate': {
        const secureContext = createSecureContext({ cert: shown.certificate, key: shown.privateKey })
        const inside = keep(new TLSSocket(raw, { isServer: true, secureContext }))
        const receiver = keep(connect({ port: receiverPort(), host: '127.0.0.1', noDelay: true }))
        inside.on('data', hear)
        inside.pipe(receiver).pipe(inside)
        for (const [one, other] of [
          [inside, receiver],
          [receiver, inside],
        ] as const)
          one.once('close', () => other.destroy())
        return
      }
      case 'plain':
        raw.once('data', () => raw.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'))
        raw.on('data', hear)
        return
      case 'silence':
        raw.on('data', hear)
        return
      default:
        shown satisfies never
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const putOut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    show: (name, shown) => {
      current = { name, shown }
      putOut()
    },
    callers: (name) => callers.get(name) ?? 0,
    heard: (name) => heard.get(name) ?? '',
    close: () => {
      putOut()
      server.close()
    },
  }
}
