/**
 * The sandbox: a downstream API whose behaviour is scripted, for the demo, the tests and the benchmarks.
 *
 * - `ANY /<behaviour>` and `ANY /t/<target>/<behaviour>`: behave like that, and log the request
 * - `PUT /targets/<target>/behaviour` `{"path": "/status/503"}`: from now on `/t/<target>/…` behaves so, whatever its path
 * - `DELETE /targets/<target>/behaviour`: back to the path
 * - `GET /received?target=`, `DELETE /received`: the log
 * - `ANY /sink/<target>`: 200 at once, counted and timed but not logged, for the benchmarks (sink.ts); an override holds
 *   here too
 * - `GET /sink`, `GET /sink/arrivals`, `DELETE /sink`: what the sink counted, when each delivery came, forget it
 */
import { createServer } from 'node:http'
import { listenOn, SERVER_LIMITS } from '@manifold/runtime'
import express, { type Request, type Response } from 'express'
import { z } from 'zod'
import { BEHAVIOUR_NAMES, parseBehaviour } from './behaviour.ts'
import { createReceivedLog, type ReceivedRequest } from './received.ts'
import { createSink } from './sink.ts'

export type SandboxOptions = {
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly onReceived?: (request: ReceivedRequest) => void
}

export type Sandbox = {
  readonly url: string
  readonly port: number
  readonly received: (target?: string) => readonly ReceivedRequest[]
  /** Makes a target behave like this path from now on; `undefined` takes it back. */
  readonly behave: (target: string, path: string | undefined) => void
  readonly close: () => Promise<void>
}

const KEPT_REQUESTS = 20_000

const behaviourBody = z.strictObject({
  path: z.string().refine((path) => path.startsWith('/') && parseBehaviour(path) !== undefined, {
    error: `must be a behaviour: ${BEHAVIOUR_NAMES.map((name) => `/${name}`).join(', ')}`,
  }),
})

/** @throws when the port is taken */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const log = createReceivedLog(KEPT_REQUESTS)
  const overrides = new Map<string, string>()
  const sink = createSink((target) => overrides.has(target))
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(express.text({ type: () => true, limit: '10mb' }))

  app.get('/livez', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/received', (request, response) => {
    const { target } = request.query
    response.json({ items: log.list(typeof target === 'string' ? target : undefined) })
  })
  app.delete('/received', (_request, response) => {
    log.clear()
    response.status(204).end()
  })
  app.put('/targets/:target/behaviour', (request, response) => {
    const body = behaviourBody.safeParse(parseJson(request.body))
    if (!body.success) {
      response.status(422).json({ error: z.prettifyError(body.error) })
      return
    }
    overrides.set(request.params.target, body.data.path)
    response.json({ target: request.params.target, path: body.data.path })
  })
  app.delete('/targets/:target/behaviour', (request, response) => {
    overrides.delete(request.params.target)
    response.status(204).end()
  })

  const behave = (request: Request, response: Response, target: string | null, path: string) => {
    const key = request.get('idempotency-key') ?? ''
    const received: ReceivedRequest = {
      at: new Date().toISOString(),
      target,
      method: request.method,
      path: request.originalUrl,
      headers: request.headers,
      body: parseJson(request.body),
      status: null,
    }
    response.once('finish', () => {
      received.status = response.statusCode
    })
    log.add(received)
    options.onReceived?.(received)
    const behaviour = parseBehaviour((target === null ? undefined : overrides.get(target)) ?? path)
    if (behaviour === undefined) {
      response
        .status(404)
        .json({ error: 'no such behaviour', behaviours: BEHAVIOUR_NAMES.map((name) => `/${name}`) })
      return
    }
    behaviour.run({
      request,
      response,
      argument: behaviour.argument,
      query: behaviour.query,
      earlier: key === '' ? 0 : log.countTry(`${key} ${request.path}`),
    })
  }
  app.all('/t/:target{/*path}', (request, response) => {
    // The rest as it was sent: `/t/crm/status/503?x=1` behaves like `/status/503?x=1`, `/t/crm` like `/ok`.
    const rest = /^\/t\/[^/?]*(\/[^?]*)?(\?.*)?$/.exec(request.originalUrl)
    behave(request, response, request.params.target, `${rest?.[1] ?? '/ok'}${rest?.[2] ?? ''}`)
  })
  app.all('/sink/:target', (request, response) => {
    // Only with an override does the sink let a request come this far.
    behave(request, response, request.params.target, '/ok')
  })
  app.all('/{*path}', (request, response) => {
    const { target } = request.query
    behave(request, response, typeof target === 'string' ? target : null, request.originalUrl)
  })

  const server = createServer(SERVER_LIMITS, (request, response) => {
    if (!sink.take(request, response)) app(request, response)
  })
  const port = await listenOn(server, options.host, options.port)
  return {
    url: `http://${options.host}:${String(port)}`,
    port,
    received: (target) => log.list(target),
    behave: (target, path) => {
      if (path === undefined) overrides.delete(target)
      else overrides.set(target, path)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        // Some behaviours never end.
        server.closeAllConnections()
      }),
  }
}

function parseJson(body: unknown): unknown {
  if (typeof body !== 'string') return undefined
  try {
    return JSON.parse(body) as unknown
  } catch {
    return body
  }
}
