/** What a request is known by, in logs and traces. */
import type { Request } from 'express'

const QUIET = new Set(['/livez', '/readyz', '/metrics'])

/** Probes are asked too often to be told of. */
export function isQuiet(path: string): boolean {
  return QUIET.has(path)
}

/** The path of a request, without the query: filters are not what a log line is searched by. */
export function pathOf(request: Request): string {
  const url = request.originalUrl
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
