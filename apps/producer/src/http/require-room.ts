/** Refuses what would bring events while there is no room for any, before a byte of it is read. */
import type { RequestHandler } from 'express'
import type { Intake } from '../overload/intake.ts'
import { overloadProblem } from './accept-problem.ts'
import { sendProblem } from './problem.ts'

export function requireRoom(intake: Pick<Intake, 'refusal'>): RequestHandler {
  return (_request, response, next) => {
    const refused = intake.refusal()
    if (refused === undefined) {
      next()
      return
    }
    const { code, details } = overloadProblem(refused)
    sendProblem(response, code, details)
  }
}
