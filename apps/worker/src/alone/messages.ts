/** What a worker and its process for suspects say to each other. */
import type { DeliveryRef } from '@manifold/domain'
import type { Claim } from '@manifold/store'
import type { CallResult, CallStart } from '@manifold/tracing'
import type { Tried } from '../attempt.ts'

/** Try this, and nothing else meanwhile. */
export type Order = {
  readonly ref: DeliveryRef
  readonly claim: Claim
  /** What time it is by Redis's clock, which that process does not ask. */
  readonly redisNowMs: number
  /** The attempt's, where it is recorded: then the worker is told of its calls. */
  readonly spanId: string | undefined
}

/** What the worker records of a call, as it happens: the process may not live to tell of it later. */
export type CallNote =
  /** Of its address the origin alone, of its headers the trace. */
  | { readonly kind: 'called'; readonly call: CallStart }
  | { readonly kind: 'returned'; readonly result: CallResult }

export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tried'; readonly tried: Tried }
  /** Not the delivery's doing: a bug of ours. */
  | { readonly kind: 'failed'; readonly error: string }
