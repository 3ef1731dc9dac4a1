/** The time a sender signs with its webhook: what was signed long ago, or by a clock that is wrong, is refused. */

/** What the usual senders recommend. */
export const DEFAULT_TOLERANCE_MS = 300_000

/** A replay is known for as long as an idempotency key is kept: older ones must not pass. */
export const MAX_TOLERANCE_MS = 86_400_000

export type Timeliness = { readonly kind: 'timely' } | { readonly kind: 'untimely'; readonly reason: string }

/** Judges a time as it is written in a header: whole seconds (or milliseconds), nothing else. */
export function judgeTime(
  text: string,
  nowMs: number,
  toleranceMs: number = DEFAULT_TOLERANCE_MS,
  unitMs: 1 | 1_000 = 1_000,
): Timeliness {
  if (!/^\d{1,14}$/.test(text)) return { kind: 'untimely', reason: 'the timestamp is no whole number' }
  return Math.abs(nowMs - Number(text) * unitMs) <= toleranceMs
    ? { kind: 'timely' }
    : { kind: 'untimely', reason: 'the timestamp is outside the tolerance' }
}
