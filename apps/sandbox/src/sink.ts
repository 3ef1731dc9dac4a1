/**
 * The sink: takes deliveries for next to nothing, so that a benchmark measures who sends and not who receives.
 *
 * Handled before Express. Owns the counts and the moment at which each delivery first came, by the monotonic clock that all
 * processes of a Linux machine share. Keeps neither headers nor bodies, and forgets nothing until it is told to.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

export type Sink = {
  /** Answers what is the sink's business. @returns `false` for a request that is not */
  readonly take: (request: IncomingMessage, response: ServerResponse) => boolean
}

const PREFIX = '/sink/'
const OK = Buffer.from('{"ok":true}')
const JSON_TYPE = 'application/json'

/** @param isOverridden whether a target is told to behave otherwise: its requests are noted, but not answered here */
export function createSink(isOverridden: (target: string) => boolean): Sink {
  const arrivals = new Map<string, number>()
  const byTarget = new Map<string, number>()
  let total = 0
  let duplicates = 0
  let lastArrivalMs = 0

  const note = (request: IncomingMessage, target: string): void => {
    lastArrivalMs = monotonicMs()
    total++
    byTarget.set(target, (byTarget.get(target) ?? 0) + 1)
    const id = request.headers['idempotency-key'] ?? request.headers['x-bench-id']
    if (typeof id !== 'string') return
    if (arrivals.has(id)) duplicates++
    else arrivals.set(id, lastArrivalMs)
  }

  const forget = (): void => {
    arrivals.clear()
    byTarget.clear()
    total = 0
    duplicates = 0
    lastArrivalMs = 0
  }

  const read = (request: IncomingMessage, response: ServerResponse, path: string): boolean => {
    if (request.method === 'GET' && path === '/sink') {
      const counts = { total, byTarget: Object.fromEntries(byTarget), distinct: arrivals.size, duplicates }
      sendJson(response, { ...counts, lastArrivalMs })
    } else if (request.method === 'GET' && path === '/sink/arrivals') {
      sendJson(response, [...arrivals])
    } else if (request.method === 'DELETE' && path === '/sink') {
      forget()
      response.writeHead(204).end()
    } else return false
    return true
  }

  return {
    take: (request, response) => {
      const path = pathOf(request.url ?? '')
      if (!path.startsWith('/sink')) return false
      if (read(request, response, path)) return true
      const target = path.slice(PREFIX.length)
      if (!path.startsWith(PREFIX) || target === '' || target.includes('/')) return false
      note(request, target)
      if (isOverridden(target)) return false
      request.resume()
      response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': OK.length }).end(OK)
      return true
    },
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': JSON_TYPE }).end(JSON.stringify(body))
}

/** CLOCK_MONOTONIC: the same in every process of the machine, and never set back. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000
}
