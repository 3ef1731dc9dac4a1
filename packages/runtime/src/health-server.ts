/**
 * The health server of a process that serves nothing else: /livez, /readyz and /metrics.
 *
 * Live: this process still gets its work done; if not, restarting it helps. Ready: what it depends on answers.
 */
import type { ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import { listenOn } from './listen.ts'
import { SERVER_LIMITS } from './server-limits.ts'

// Not imported: an import reads every export of node:http, and one of them loads a whole second HTTP client.
const { createServer } = process.getBuiltinModule('node:http')

/** A check's finding: `ok`, or what is wrong in one line. */
export type Health = { readonly ok: true } | { readonly ok: false; readonly problem: string }

export type HealthChecks = {
  readonly live: () => Health | Promise<Health>
  readonly ready: () => Health | Promise<Health>
}

export type HealthServer = { readonly port: number; readonly close: () => Promise<void> }

/** Probes and scrapers are few, and send no bodies. */
const LIMITS = { ...SERVER_LIMITS, headersTimeout: 10_000, requestTimeout: 10_000 }
const MAX_CONNECTIONS = 256
/** Whoever takes no answer for so long makes room for the probes. */
const STILL_MS = 10_000

/**
 * @param stillMs how long a connection may lie still
 * @throws when the port is taken
 */
export async function startHealthServer(
  host: string,
  port: number,
  checks: HealthChecks,
  registry: Registry,
  stillMs = STILL_MS,
): Promise<HealthServer> {
  const server = createServer(LIMITS, (request, response) => {
    void answer(request.url ?? '', response, checks, registry)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = stillMs
  return {
    port: await listenOn(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

async function answer(
  url: string,
  response: ServerResponse,
  checks: HealthChecks,
  registry: Registry,
): Promise<void> {
  try {
    switch (url.replace(/\?.*/, '')) {
      case '/livez':
        send(response, await checks.live())
        return
      case '/readyz':
        send(response, await checks.ready())
        return
      case '/metrics':
        await sendMetrics(response, registry)
        return
      default:
        response.writeHead(404, { 'content-type': 'text/plain' }).end('see /livez, /readyz and /metrics\n')
    }
  } catch (error) {
    send(response, { ok: false, problem: error instanceof Error ? error.message : String(error) })
  }
}

async function sendMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  const metrics = await registry.metrics()
  response.writeHead(200, { 'content-type': registry.contentType }).end(metrics)
}

function send(response: ServerResponse, health: Health): void {
  response
    .writeHead(health.ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(`${JSON.stringify(health.ok ? { status: 'ok' } : { status: 'failing', problem: health.problem })}\n`)
}
