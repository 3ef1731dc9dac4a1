import type { RequestHandler } from 'express'
import { sendProblem } from './problem.ts'

/** The last handler of a route: answers 405 to every method the route does not take. */
export function allowOnly(...methods: string[]): RequestHandler {
  const allow = methods.join(', ')
  return (_request, response) => {
    sendProblem(response, 'method-not-allowed', { headers: { allow } })
  }
}
