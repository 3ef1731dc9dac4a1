/**
 * The fault proxy: a TCP link whose faults are switched while it carries.
 *
 * Owns its listener and its connections. It knows nothing of what passes through.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { carry } from './carry.ts'
import { NO_FAULT, type Fault } from './fault.ts'

export type Proxy = {
  readonly port: number
  /** From now on, for the connections there are and for new ones. */
  readonly set: (fault: Fault) => Promise<void>
  readonly connections: () => number
  /** `undefined` until then. */
  readonly lastConnectedAtMs: () => number | undefined
  /** When something last came from a client; `undefined` until then. */
  readonly lastCarriedAtMs: () => number | undefined
  /** Connections of which something fell into a black hole. */
  readonly swallowed: () => number
  /** How often a fault of this kind has done something: held up a piece, swallowed one, told an end late, broken off a connection. */
  readonly bites: (kind: Fault['kind']) => number
  readonly close: () => Promise<void>
}

type Link = {
  readonly client: Socket
  readonly upstream: Socket
  answeredBytes: number
  swallowed: boolean
}

export type Address = { readonly host: string; readonly port: number }

const ANY_PORT: Address = { host: '127.0.0.1', port: 0 }

/** @param upstreamPort on loopback */
export async function startProxy(upstreamPort: number, at = ANY_PORT): Promise<Proxy> {
  const links = new Set<Link>()
  let fault: Fault = NO_FAULT
  const current = () => fault
  let lastConnectedAtMs: number | undefined
  let lastCarriedAtMs: number | undefined
  const bites = new Map<Fault['kind'], number>()
  const onBite = () => {
    bites.set(fault.kind, (bites.get(fault.kind) ?? 0) + 1)
  }

  const breakOff = (link: Link) => {
    link.client.resetAndDestroy()
    link.upstream.resetAndDestroy()
  }

  const begin = (client: Socket) => {
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const link: Link = { client, upstream, answeredBytes: 0, swallowed: false }
    links.add(link)
    lastConnectedAtMs = Date.now()
    client.setNoDelay(true)
    for (const socket of [client, upstream]) {
      // What went wrong on one side ends the other; there is nobody to tell.
      socket.on('error', () => undefined)
      socket.once('close', () => {
        if (client.destroyed && upstream.destroyed) links.delete(link)
      })
    }
    const onSwallowed = () => {
      link.swallowed = true
    }
    const came = () => {
      lastCarriedAtMs = Date.now()
      return true
    }
    const there = carry({ from: client, to: upstream, fault: current, onBite, onSwallowed, mayPass: came })
    const mayPass = (bytes: number) => {
      link.answeredBytes += bytes
      if (fault.kind !== 'reset' || link.answeredBytes <= fault.afterBytes) return true
      onBite()
      breakOff(link)
      return false
    }
    const back = carry({ from: upstream, to: client, fault: current, onBite, onSwallowed, mayPass })
    void Promise.all([there, back]).then(() => {
      if (!link.swallowed) for (const socket of [client, upstream]) socket.destroySoon()
    })
  }

  const server = createServer({ allowHalfOpen: true }, begin)
  const port = await listen(server, at)

  return {
    port,
    set: async (next) => {
      const before = fault
      fault = next
      for (const link of links) {
        if (next.kind === 'reset' || next.kind === 'refuse') {
          onBite()
          breakOff(link)
        }
        // As if the other side had: it answers with an end of its own, of which the client is told late.
        if (next.kind === 'slow-close') link.upstream.end()
      }
      // Bytes are missing in them: they can only be given up.
      if (before.kind === 'black-hole') for (const link of links) if (link.swallowed) breakOff(link)
      if (next.kind === 'refuse') await stopListening(server)
      else if (!server.listening) await listen(server, { ...at, port })
    },
    connections: () => links.size,
    lastConnectedAtMs: () => lastConnectedAtMs,
    lastCarriedAtMs: () => lastCarriedAtMs,
    swallowed: () => [...links].filter((link) => link.swallowed).length,
    bites: (kind) => bites.get(kind) ?? 0,
    close: async () => {
      for (const link of links) breakOff(link)
      await stopListening(server)
    },
  }
}

async function listen(server: Server, { host, port }: Address): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  await closed
}
