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

/** Sends `application/problem+json`. */
export function sendProblem(response: Response, code: ProblemCode, details: ProblemDetails = {}): void {
  const { status, title, fix } = PROBLEMS[code]
  response.locals['problem'] = code
  if (details.headers !== undefined) response.set(details.headers)
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:manifold:problem:${code}`,
        title,
        status,
        code,
        detail: details.detail,
        errors: details.errors,
        fix,
        requestId: response.locals['requestId'] as string | undefined,
      } satisfies answers.Problem),
    )
}
