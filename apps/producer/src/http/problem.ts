/** Answers that say what went wrong (RFC 9457): every one has a code of the catalogue. */
import { PROBLEMS, type FieldError, type ProblemCode } from '@manifold/domain'
import type { Response } from 'express'
import type * as answers from '../contract/answers/index.ts'

export type ProblemDetails = {
  /** What is wrong with this very request. */
  readonly detail?: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** What is wrong, as a value: for what may become an answer of its own, or one item's share of an answer. */
export type Problem = { readonly code: ProblemCode; readonly details: ProblemDetails }

export function problem(code: ProblemCode, details: ProblemDetails = {}): Problem {
  return { code, details }
}

/** The problem as callers see it. */
export function problemBody({ code, details }: Problem, requestId: string | undefined): answers.Problem {
  const { status, title, fix } = PROBLEMS[code]
  return {
    type: `urn:manifold:problem:${code}`,
    title,
    status,
    code,
    detail: details.detail,
    errors: details.errors,
    fix,
    requestId,
  }
}

/** A newer version of Manifold wrote what is to be changed: its own processes can. */
export function sendNewerRecord(response: Response): void {
  sendProblem(response, 'newer-record', { headers: { 'retry-after': '1' } })
}

/** Sends `application/problem+json`. */
export function sendProblem(response: Response, code: ProblemCode, details: ProblemDetails = {}): void {
  response.locals['problem'] = code
  if (details.headers !== undefined) response.set(details.headers)
  const body = problemBody(problem(code, details), response.locals['requestId'] as string | undefined)
  response.status(body.status).type('application/problem+json').send(JSON.stringify(body))
}
