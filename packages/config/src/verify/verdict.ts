/** The verdicts that verifiers share, each in one form. */
import type { Verdict } from '@manifold/domain'

export const MISMATCH: Verdict = { kind: 'refused', reason: 'the signature does not match' }

export function missingHeader(name: string): Verdict {
  return { kind: 'refused', reason: `there is no ${name} header` }
}
