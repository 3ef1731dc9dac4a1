/** The routes that an Express application really has, read from its routers. */
import { channel } from 'node:diagnostics_channel'
import type { Server } from 'node:http'

/** The application behind a port of this process. Sends it a request to find it. */
export async function applicationAt(url: string): Promise<unknown> {
  const started = channel('http.server.request.start')
  let found: unknown
  const look = (message: unknown) => {
    if (!hasServer(message) || String(portOf(message.server)) !== new URL(url).port) return
    found = message.server.listeners('request').find((listener) => 'router' in listener)
  }
  started.subscribe(look)
  await (await fetch(`${url}/livez`)).text()
  started.unsubscribe(look)
  return found
}

function hasServer(message: unknown): message is { readonly server: Server } {
  return typeof message === 'object' && message !== null && 'server' in message
}

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}

/** Every method of every path: `GET /v1/events/:id`. */
export function routesOf(application: unknown): string[] {
  return walk(Reflect.get(Object(application), 'router'), '')
}

/** A layer of Express's router (package `router`): a route, or what is mounted at a path. */
type Layer = {
  readonly rawPath: string
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
  readonly handle: { readonly stack?: readonly Layer[] }
}

function walk(router: unknown, mounted: string): string[] {
  const { stack = [] } = router as { readonly stack?: readonly Layer[] }
  return stack.flatMap(({ route, handle, rawPath }) => {
    if (route === undefined) return walk(handle, mounted + (rawPath === '/' ? '' : rawPath))
    const path = mounted + (route.path === '/' && mounted !== '' ? '' : route.path)
    // `_all` is what answers 405 to the other methods.
    return Object.keys(route.methods)
      .filter((method) => method !== '_all')
      .map((method) => `${method.toUpperCase()} ${path}`)
  })
}
