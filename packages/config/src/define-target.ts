/**
 * What a user writes for one target. Validated by load-config.ts together with all others, so that every
 * mistake is reported at once; `defineTarget` itself only gives types.
 */
import type {
  Auth,
  BreakerPolicy,
  HttpMethod,
  ManifoldEvent,
  Outcome,
  RetryPolicy,
  TargetResponse,
} from '@manifold/domain'

/**
 * One downstream API. Only `name` and `url` are required.
 * @typeParam Data the type of `event.data` in this target's functions
 */
// An event's data is whatever its type's schema says; without a catalogue the author knows best.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type TargetDefinition<Data = any> = {
  /** `^[a-z][a-z0-9-]{0,48}$`: names the queue, the worker and the metrics label. */
  name: string
  /** Type patterns: `*` one segment, `**` any number. Without it only events that name the target reach it. */
  subscribe?: string[]
  filter?: (event: ManifoldEvent<Data>) => boolean
  url: string | ((event: ManifoldEvent<Data>) => string)
  /** Default `POST`. */
  method?: HttpMethod
  headers?: Record<string, string> | ((event: ManifoldEvent<Data>) => Record<string, string>)
  /** Default: the event as CloudEvents JSON. An object is sent as JSON; a string or bytes as they are. */
  body?: (event: ManifoldEvent<Data>) => unknown
  auth?: Auth
  /** One deadline for a whole attempt. Default 15,000. */
  timeoutMs?: number
  /** Default 65,536. */
  maxResponseBytes?: number
  retry?: Partial<RetryPolicy>
  /** Attempts under way at once in one worker process. Default 50. */
  concurrency?: number
  /** At most `max` attempts in any `perMs`, over all workers of the target. */
  rateLimit?: { max: number; perMs: number }
  breaker?: Partial<BreakerPolicy>
  /** Judges an answer; `undefined` leaves it to the default table. */
  classify?: (response: TargetResponse) => Outcome | undefined
  allowPrivateNetwork?: boolean
}

/** Types a target file. Mistakes are reported when the config is loaded. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function defineTarget<Data = any>(definition: TargetDefinition<Data>): TargetDefinition<Data> {
  return definition
}
