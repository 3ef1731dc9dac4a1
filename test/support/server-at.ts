/** The HTTP server in this process that answers at an address: what it lets clients hold can be asked, not only met. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server } from 'node:http'

const CHANNEL = 'http.server.request.start'

type Started = { readonly request: IncomingMessage; readonly server: Server }

/** Asks for a path there, and gives the server that was asked. */
export async function serverAt(url: string, path = '/livez'): Promise<Server> {
  const marked = `${path}?at=${String(Math.random())}`
  let found: Server | undefined
  const note = (message: unknown) => {
    const { request, server } = message as Started
    if (request.url === marked) found = server
  }
  subscribe(CHANNEL, note)
  try {
    await (await fetch(url + marked, { headers: { connection: 'close' } })).text()
  } finally {
    unsubscribe(CHANNEL, note)
  }
  if (found === undefined) throw new Error(`no server of this process answers at ${url}`)
  return found
}

/** How many connections a server has. */
export function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}
