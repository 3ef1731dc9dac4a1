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
  /** Connections of which something fell into a black hole. */
  readonly swallowed: () => number
  readonly close: () => Promise<void>
}

type Link = {
  readonly client: Socket
  readonly upstream: Socket
  answeredBytes: number
  swallowed: boolean
}

/** @param upstreamPort on loopback */
export async function startProxy(upstreamPort: number): Promise<Proxy> {
  const links = new Set<Link>()
  let fault: Fault = NO_FAULT
  const current = () => fault

  const breakOff = (link: Link) => {
    link.client.resetAndDestroy()
    link.upstream.resetAndDestroy()
  }

  const begin = (client: Socket) => {
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const link: Link = { client, upstream, answeredBytes: 0, swallowed: false }
    links.add(link)
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
    const there = carry({ from: client, to: upstream, fault: current, onSwallowed, mayPass: () => true })
    const mayPass = (bytes: number) => {
      link.answeredBytes += bytes
      if (fault.kind !== 'reset' || link.answeredBytes <= fault.afterBytes) return true
      breakOff(link)
      return false
    }
    const back = carry({ from: upstream, to: client, fault: current, onSwallowed, mayPass })
    void Promise.all([there, back]).then(() => {
      if (!link.swallowed) for (const socket of [client, upstream]) socket.destroySoon()
    })
  }

  const server = createServer({ allowHalfOpen: true }, begin)
  const port = await listen(server, 0)

  return {
    port,
    set: async (next) => {
      const before = fault
      fault = next
      if (next.kind === 'reset' || next.kind === 'refuse') for (const link of links) breakOff(link)
      // Bytes are missing in them: they can only be given up.
      if (before.kind === 'black-hole') for (const link of links) if (link.swallowed) breakOff(link)
      if (next.kind === 'refuse') await stopListening(server)
      else if (!server.listening) await listen(server, port)
    },
    connections: () => links.size,
    swallowed: () => [...links].filter((link) => link.swallowed).length,
    close: async () => {
      for (const link of links) breakOff(link)
      await stopListening(server)
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
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
