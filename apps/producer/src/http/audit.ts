/**
 * The audit trail: one line, marked `audit`, for every request to `/v1/admin` and for every cancelled event, done, refused or
 * failed: who, what, on what, from where, and what came of it.
 *
 * In front of the guard and of every route, so that a new route cannot be without it. A route that knows more than its path
 * and query say adds it with `auditDetails` (audit-details.ts).
 */
import type { Logger } from '@manifold/runtime'
import type { Replay } from '@manifold/store'
import type { Request, RequestHandler, Response } from 'express'
import { auditedQuery } from './audited-query.ts'
import { pathOf } from './request-path.ts'

/** A handler to be put in front of what is audited. */
export type AuditRequest = RequestHandler

/** Where its lines go: to the log, whatever else that leaves out. Only `silent` silences them. */
export function auditTrail(logger: Logger): Logger {
  return logger.level === 'silent' ? logger : logger.child({}, { level: 'info' })
}

/** Makes the handler. @param logger that of `auditTrail` */
export function auditRequest(logger: Logger): AuditRequest {
  return (request, response, next) => {
    // Of a connection that has gone nobody knows it any more.
    const ip = request.ip
    response.once('close', () => {
      const line = lineOf(request, response, ip)
      logger.info(line, `audit: ${line.action} by ${line.caller}: ${line.outcome}`)
    })
    next()
  }
}

/** Tells that a bulk replay has ended. @param logger that of `auditTrail` */
export function auditReplay(
  logger: Logger,
): (replay: Pick<Replay, 'id' | 'filter' | 'matched' | 'replayed' | 'failed'>) => void {
  return ({ id, filter: { caller }, matched, replayed, failed }) => {
    logger.info({ audit: true, caller, replayId: id, matched, replayed, failed }, 'audit: replay completed')
  }
}

function lineOf(request: Request, response: Response, ip: string | undefined) {
  const { locals, statusCode: status, writableFinished } = response
  const { method } = request
  const path = pathOf(request)
  return {
    audit: true,
    action: `${method} ${path}`,
    caller: typeof locals['caller'] === 'string' ? locals['caller'] : 'unknown',
    ip,
    query: auditedQuery(method, path, request.query),
    details: locals['auditDetails'] as unknown,
    eventId: locals['eventId'] as unknown,
    status,
    outcome: writableFinished ? outcomeOf(status) : 'unanswered',
    problem: locals['problem'] as unknown,
    requestId: locals['requestId'] as unknown,
  }
}

function outcomeOf(status: number): 'done' | 'refused' | 'failed' {
  if (status < 400) return 'done'
  return status < 500 ? 'refused' : 'failed'
}
