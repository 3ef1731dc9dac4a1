/**
 * The audit trail: one line, marked `audit`, for every request to `/v1/admin` and for every cancelled event, done, refused or
 * failed: who, what, on what, from where, and what came of it.
 *
 * In front of the guard and of every route, so that a new route cannot be without it. A route that knows more than its path
 * and query say adds it with `auditDetails`.
 */
import type { Logger } from '@manifold/runtime'
import type { Request, RequestHandler, Response } from 'express'
import { pathOf } from './request-path.ts'

/** A handler to be put in front of what is audited. */
export type AuditRequest = RequestHandler

/** Makes the handler. */
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

/** What was done, in ids, filters and counts; nothing of an event's data. */
export function auditDetails(response: Response, details: Readonly<Record<string, unknown>>): void {
  response.locals['auditDetails'] = details
}

function lineOf(request: Request, response: Response, ip: string | undefined) {
  const { locals, statusCode: status, writableFinished } = response
  const query = Object.keys(request.query).length === 0 ? undefined : request.query
  return {
    audit: true,
    action: `${request.method} ${pathOf(request)}`,
    caller: typeof locals['caller'] === 'string' ? locals['caller'] : 'unknown',
    ip,
    query,
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
