/** What stands behind the method. Express answers in its own words what it finds no path in: it is given one. */
import type { IncomingMessage } from 'node:http'

/**
 * Makes a target without a path, such as `http://[`, into a path that nothing has. Paths are logged: what may be a key, in a
 * query or before a host, is no part of it.
 */
export function giveTargetAPath(request: IncomingMessage): void {
  const { url = '' } = request
  // As nearly everybody writes it.
  if (url.startsWith('/') || url === '*' || URL.canParse(url)) return
  request.url = `/${encodeURIComponent(url.replace(/[?#].*$/s, '').replace(/^.*@/s, ''))}`
}
