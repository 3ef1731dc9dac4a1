/**
 * What every answer tells browsers and caches: nothing here may be framed, sniffed, run or kept.
 *
 * A route that says otherwise (the documents' style sheet, a status with an ETag) sets its own.
 */
import type { RequestHandler } from 'express'
import helmet from 'helmet'

const YEAR_S = 31_536_000

/** @param isSecure over TLS browsers are told to come back that way; in clear text that word would count for nothing */
export function securityHeaders(isSecure: boolean): RequestHandler[] {
  return [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: isSecure ? { maxAge: YEAR_S, includeSubDomains: false } : false,
      xFrameOptions: { action: 'deny' },
    }),
    keepNothing,
  ]
}

/** Answers hold what callers sent, and are for who asked. */
const keepNothing: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store')
  next()
}
