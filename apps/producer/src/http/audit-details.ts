/** What a route adds to the audit line of its request (audit.ts). */
import type { Response } from 'express'

/**
 * Says what was done, in ids, filters and counts; nothing of an event's data. Before it is done: also where nobody can say
 * whether it was, what was asked for is known.
 */
export function auditDetails(response: Response, details: Readonly<Record<string, unknown>>): void {
  response.locals['auditDetails'] = details
}
