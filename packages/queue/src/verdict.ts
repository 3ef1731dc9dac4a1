/** What is to become of a delivery on its queue, now that its record is settled. */
import type { DeadReason } from '@manifold/domain'

export type Verdict =
  /** Delivered, or somebody else's by now. */
  | { readonly kind: 'finish' }
  /** Taken up again after it had ended, or been replayed: nothing of this generation may stay on the dead-letter queue. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'defer'; readonly delayMs: number }
  /** No delivery of the target is to be attempted for so long. */
  | { readonly kind: 'throttle'; readonly delayMs: number }
  | {
      readonly kind: 'bury'
      readonly reason: DeadReason
      /** The target asked for patience that the delivery had no time for: nothing else is attempted either. */
      readonly holdMs?: number
    }
  /** Not done, because a newer version wrote its record: for a worker of that version. */
  | { readonly kind: 'newer' }
  /** Not done, because this process is stopping. */
  | { readonly kind: 'hand-back' }
