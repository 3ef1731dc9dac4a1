/** `Host`, which a request of HTTP/1.1 must have (RFC 9112, section 3.2): Node would refuse it without a word. */
import type { RequestHandler } from 'express'
import { sendProblem } from './problem.ts'

/** Lets through what says whom it asks. */
export const requireHost: RequestHandler = (request, response, next) => {
  if (request.headers.host !== undefined || request.httpVersion !== '1.1') next()
  else
    sendProblem(response, 'malformed-request', {
      detail: 'there is no Host',
      headers: { connection: 'close' },
    })
}
