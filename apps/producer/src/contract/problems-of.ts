/** Which problems an operation may answer: its own, and those that come with a scope or the store. */
import { PROBLEMS, type ProblemCode } from '@manifold/domain'
import type { Operation } from './operation.ts'
import { parametersIn } from './path-parameters.ts'

const WITH_SCOPE = ['unauthenticated', 'token-keys-unavailable', 'missing-scope'] as const

/** Who operates is not limited. */
const WITH_LIMIT = ['rate-limited'] as const

/** All that can be wrong with a bare request. */
const WITHOUT_SCOPE = ['method-not-allowed'] as const

/** What can be wrong with a path: what it has in the place of a parameter may be no text. */
const WITH_PARAMETERS = ['route-not-found'] as const

/** What can be wrong with any body. */
export const BODY_PROBLEMS = ['malformed-json', 'invalid-utf8', 'request-aborted', 'body-too-large'] as const

/** What can be wrong with a body that is one JSON document. */
export const JSON_PROBLEMS = [...BODY_PROBLEMS, 'inexact-number', 'unsupported-media-type'] as const

/** The codes by status, in ascending order, each once. */
export function problemsOf(operation: Operation): ReadonlyMap<number, readonly ProblemCode[]> {
  const codes = new Set<ProblemCode>([
    ...(operation.scope === 'none' ? WITHOUT_SCOPE : WITH_SCOPE),
    ...(isLimited(operation) ? WITH_LIMIT : []),
    ...(hasParameters(operation) ? WITH_PARAMETERS : []),
    ...operation.problems,
    ...(operation.path.startsWith('/v1/') && operation.answersWithoutStore !== true
      ? (['store-unavailable'] as const)
      : []),
    'internal-error',
  ])
  const byStatus = [...codes].sort((one, other) => PROBLEMS[one].status - PROBLEMS[other].status)
  return Map.groupBy(byStatus, (code) => PROBLEMS[code].status)
}

/** Whether a caller's limit counts it. */
export function isLimited({ scope }: Pick<Operation, 'scope'>): boolean {
  return scope === 'publish' || scope === 'read'
}

/** A source is no parameter to the router: each has a path of its own, and every other path is none. */
function hasParameters({ path }: Operation): boolean {
  return parametersIn(path).some((name) => name !== 'source')
}
