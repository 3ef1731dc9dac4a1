/** Records that are there and cannot be read: said of the one that is asked for, and left out of lists, which are told apart from it. */
import type { ProblemCode } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'
import { UnreadableRecordError } from '@manifold/store'
import type { ErrorRequestHandler } from 'express'
import { sendProblem } from './problem.ts'

/** Behind the routes of one record: what cannot be read is not found, and the answer says so. */
export function answerUnreadable(code: ProblemCode): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (error instanceof UnreadableRecordError && !response.headersSent)
      sendProblem(response, code, { detail: error.message })
    else next(error)
  }
}

export type LeftOut = {
  readonly add: (error: UnreadableRecordError) => void
  /** One line for a list, however many it left out; none when that is nothing. */
  readonly log: () => void
}

/** Gathers what a list leaves out. */
export function createLeftOut(logger: Logger): LeftOut {
  const errors: UnreadableRecordError[] = []
  return {
    add: (error) => errors.push(error),
    log: () => {
      const [first] = errors
      if (first === undefined) return
      logger.warn(
        { count: errors.length, eventId: first.eventId, reason: first.message },
        'records that cannot be read were left out of a list',
      )
    },
  }
}
