/** The `Prefer` request header (RFC 7240), as far as Manifold heeds it: `wait`, and `return=minimal` of a batch. */
import type { RequestHandler } from 'express'

/** Nobody is made to wait longer: proxies in between end a silent request about then. */
export const MAX_WAIT_SECONDS = 60

/**
 * How many seconds the caller is willing to wait for the whole answer; `undefined` when the header asks for nothing that is
 * understood: a preference that is not is no error (section 2). More than can be waited is cut.
 */
export function preferredWaitSeconds(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  for (const preference of header.split(',')) {
    const wait = /^\s*wait\s*=\s*"?(?<seconds>\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.groups?.['seconds']
    // The first of several counts (section 2).
    if (wait !== undefined) return Math.min(Number(wait), MAX_WAIT_SECONDS)
  }
  return undefined
}

/** Whether the caller wants to hear of failures only (section 4.2). */
export function prefersMinimal(header: string | undefined): boolean {
  return /(?:^|,)\s*return\s*=\s*"?minimal"?\s*(?:[;,]|$)/i.test(header ?? '')
}

/** In front of routes that heed the header: says so with every answer, refusals too. */
export const varyByPrefer: RequestHandler = (_request, response, next) => {
  response.setHeader('Vary', 'Prefer')
  next()
}
