/** What becomes of a delivery that was not handed out for an attempt. */
import type { Verdict } from '@manifold/queue'
import type { Claim, ClaimResult } from '@manifold/store'

export type HeldDeps = {
  /** Whether an open breaker is about the target, or about that delivery alone. */
  readonly holds: 'target' | 'delivery'
  /** In [0, 1). */
  readonly random: () => number
}

/**
 * How long the target is held for its breaker before somebody looks again. A hold that is set while an operator resets the
 * breaker outlives the reset: so no longer than this.
 */
const HELD_LOOK_MS = 1_000

/** How soon, at least, a delivery that is held alone asks again. */
const HELD_ALONE_LOOK_MS = 1_000

/** How soon, at least, a suspect asks again whether it may be tried. */
export const SUSPECT_LOOK_MS = 300

/** The record says that there is nothing to attempt: make the queue agree. */
export function verdictWithoutClaim(deps: HeldDeps, claim: Exclude<ClaimResult, Claim>): Verdict {
  switch (claim.kind) {
    case 'missing':
      return { kind: 'finish' }
    case 'newer':
      return { kind: 'newer' }
    case 'stale':
      return { kind: 'drop' }
    case 'terminal':
      if (claim.status === 'dead') return { kind: 'bury', reason: claim.reason ?? 'invalid' }
      return { kind: claim.status === 'discarded' ? 'drop' : 'finish' }
    case 'early':
      return { kind: 'defer', delayMs: claim.remainingMs }
    case 'held':
      return heldVerdict(deps, claim.forMs)
    case 'suspect':
      return { kind: 'defer', delayMs: SUSPECT_LOOK_MS }
    default:
      return claim satisfies never
  }
}

/** Deliveries that are held alone come back one by one: spread, so that they do not all ask while one of them is the probe. */
function heldVerdict({ holds, random }: HeldDeps, forMs: number): Verdict {
  if (holds === 'target') return { kind: 'throttle', delayMs: Math.min(forMs, HELD_LOOK_MS) }
  return { kind: 'defer', delayMs: Math.ceil(Math.max(forMs, HELD_ALONE_LOOK_MS) * (1 + random())) }
}
