/** From an answer to a value, or to the error that it is. */
import { isRecord, ManifoldError, readProblem } from './errors.ts'
import { parseJson } from './parse-json.ts'

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The error an answer stands for. */
export function errorOf(answer: Answer, retryAfterMs: number | undefined): ManifoldError {
  const problem = readProblem(parseJson(answer.text))
  const facts = problem ?? {
    code: 'unexpected-answer',
    title: 'The answer is not one of Manifold',
    detail: `HTTP ${String(answer.status)}; is the URL right, and what stands in between?`,
    requestId: answer.headers.get('x-request-id') ?? undefined,
  }
  return new ManifoldError({ ...facts, status: answer.status, retryAfterMs })
}

/**
 * The JSON body of an answer that went well.
 *
 * @param fields that must be there: enough to notice a stranger's answer. The rest is the server's word.
 * @throws {ManifoldError} `unexpected-answer`
 */
export function bodyOf<Body extends object>(answer: Answer, fields: readonly (keyof Body & string)[]): Body {
  const value = parseJson(answer.text)
  const isBody = (given: unknown): given is Body => isRecord(given) && fields.every((field) => field in given)
  if (!isBody(value)) throw errorOf({ ...answer, text: '' }, undefined)
  return value
}
