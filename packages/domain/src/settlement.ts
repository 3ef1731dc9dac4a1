/**
 * The settlement: what is decided after an attempt (or instead of one).
 *
 * A value only. The store records it, the queue applies it; neither decides.
 */
import type { DeadReason } from './delivery.ts'

export type Settlement =
  | { readonly kind: 'delivered' }
  /** Attempted and failed; attempt again after the delay. Costs an attempt. */
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** Throttled: all of the target waits; costs no attempt. */
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly reason: DeadReason }
