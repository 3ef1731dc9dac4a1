/** What a worker and its process for suspects say to each other. */
import type { DeliveryRef } from '@manifold/domain'
import type { Claim } from '@manifold/store'
import type { Tried } from '../attempt.ts'

/** Try this, and nothing else meanwhile. */
export type Order = {
  readonly ref: DeliveryRef
  readonly claim: Claim
  /** What time it is by Redis's clock, which that process does not ask. */
  readonly redisNowMs: number
}

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tried'; readonly tried: Tried }
  /** Not the delivery's doing: a bug of ours. */
  | { readonly kind: 'failed'; readonly error: string }
