import type { Auth } from '@manifold/domain'
import type { Secret } from '../secret.ts'

/**
 * Any other proof: a function that gives the request its last form. Its failure is retried like a failed request.
 * @param secrets those the function reveals, so that a missing one is reported at the start
 */
export function custom(authenticate: Auth['authenticate'], ...secrets: Secret[]): Auth {
  return { kind: 'custom', secrets, authenticate }
}
