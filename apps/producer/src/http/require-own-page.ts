/**
 * In front of a producer without keys: programs of this machine may ask it, pages that its browsers show may not.
 *
 * A page of anywhere reaches loopback, also with requests that a browser asks no leave for, and where its own name leads there
 * (DNS rebinding) even reads the answers. So the producer must be asked under a name of this machine, and by no page but its own.
 * With keys there is no need: no page has them.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestHandler } from 'express'
import { isOriginAllowed } from '../websocket/origin.ts'
import { sendProblem } from './problem.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** @param allowedOrigins whose pages may ask, and under whose names the producer may be asked */
export function requireOwnPage(allowedOrigins: readonly string[]): RequestHandler {
  const names = new Set(allowedOrigins.map((origin) => new URL(origin).host))
  return (request, response, next) => {
    const { host, origin } = request.headers
    if (host !== undefined && !LOOPBACK.test(host) && !names.has(host.toLowerCase()))
      sendProblem(response, 'host-not-allowed', { detail: `the Host is ${host}` })
    else if (!isOriginAllowed(origin, host, allowedOrigins))
      sendProblem(response, 'origin-not-allowed', { detail: `the origin is ${String(origin)}` })
    else if (origin === undefined && isOfAnotherPage(request.method, request.headers))
      sendProblem(response, 'origin-not-allowed', { detail: 'a page of another origin asks' })
    else next()
  }
}

/** Where no origin is named, as for images, scripts and plain GETs. A link that somebody follows is read by nobody else. */
function isOfAnotherPage(method: string, headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  const isRead = method === 'GET' || method === 'HEAD'
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return !(isRead && isLink)
}
