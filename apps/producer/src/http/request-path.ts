/** What a request is known by, in logs and traces. */
import type { Request } from 'express'

const QUIET = new Set(['/livez', '/readyz', '/metrics'])

/** Probes are asked too often to be told of. */
export function isQuiet(path: string): boolean {
  return QUIET.has(path)
}

/** Where a path ends. */
const BESIDE = /[?#]/

/**
 * The path of a request, without the query: filters are not what a log line is searched by. Nor is anything told that stands
 * beside a path, such as a fragment, or the credentials in a whole URL: a key may be there.
 */
export function pathOf(request: Pick<Request, 'originalUrl'>): string {
  const url = request.originalUrl
  if (!url.startsWith('/')) {
    const parsed = URL.parse(url)
    return parsed === null || !/^https?:$/.test(parsed.protocol) ? '*' : parsed.pathname
  }
  const end = url.search(BESIDE)
  return end === -1 ? url : url.slice(0, end)
}
