/** Which problems an operation may answer: its own, and those that come with a scope, a body or the store. */
import { PROBLEMS, type ProblemCode } from '@manifold/domain'
import type { Operation } from './operation.ts'

const WITH_SCOPE = ['unauthenticated', 'missing-scope'] as const

const WITH_BODY = [
  'malformed-json',
  'invalid-utf8',
  'inexact-number',
  'request-aborted',
  'body-too-large',
  'unsupported-media-type',
] as const

/** The codes by status, in ascending order, each once. */
export function problemsOf(operation: Operation): ReadonlyMap<number, readonly ProblemCode[]> {
  const codes = new Set<ProblemCode>([
    ...(operation.scope === 'none' ? (['method-not-allowed'] as const) : WITH_SCOPE),
    ...(operation.body === undefined ? [] : WITH_BODY),
    ...operation.problems,
    ...(operation.path.startsWith('/v1/') ? (['store-unavailable'] as const) : []),
    'internal-error',
  ])
  const byStatus = [...codes].sort((one, other) => PROBLEMS[one].status - PROBLEMS[other].status)
  return Map.groupBy(byStatus, (code) => PROBLEMS[code].status)
}
