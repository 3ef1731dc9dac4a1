/**
 * What a user writes for one target. Validated by load-config.ts together with all others, so that every
 * mistake is reported at once; `defineTarget` itself only gives types.
 */
import type {
  Auth,
  BreakerPolicy,
  EventFormat,
  HandlerContext,
  HttpMethod,
  ManifoldEvent,
  Outcome,
  RetryPolicy,
  TargetResponse,
  TlsPolicy,
} from '@manifold/domain'

// An event's data is whatever its type's schema says; without a catalogue the author knows best.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyEvent = ManifoldEvent<any>

type CommonDefinition<Event extends AnyEvent> = {
  /** `^[a-z][a-z0-9-]{0,48}$`: names the queue, the worker and the metrics label. */
  name: string
  /** Type patterns: `*` one segment, `**` any number. Without it only events that name the target reach it. */
  subscribe?: readonly string[]
  filter?: (event: Event) => boolean
  /** `false`: an event that cannot be delivered here does not count as failed for it. Default `true`. */
  required?: boolean
  /** One deadline for a whole attempt. Default 15,000. */
  timeoutMs?: number
  /** Default 65,536. */
  maxResponseBytes?: number
  /** Back-off, or the waits themselves in milliseconds. */
  retry?:
    | Partial<Omit<RetryPolicy, 'delaysMs'>>
    | { delaysMs: readonly number[]; maxAgeMs?: number }
    | readonly number[]
  /** Attempts under way at once in one worker process. Default 50. */
  concurrency?: number
  /** Attempts under way at once over all workers. */
  maxConcurrency?: number
  /** At most `max` attempts in any `perMs`, over all workers of the target. */
  rateLimit?: { max: number; perMs: number }
  /** Events for it are refused (429) while so many of its deliveries are open; 0 is no limit. Default: the setting. */
  maxBacklog?: number
  breaker?: Partial<BreakerPolicy>
  /** `true` lets the target be at a private address; a list of CIDRs at these. */
  allowPrivateNetwork?: boolean | readonly string[]
  tls?: TlsPolicy
}

/** One downstream API, called over HTTP. */
export type HttpTargetDefinition<Event extends AnyEvent = AnyEvent> = CommonDefinition<Event> & {
  url: string | ((event: Event) => string)
  /** Default `POST`. */
  method?: HttpMethod | ((event: Event) => HttpMethod)
  headers?: Record<string, string> | ((event: Event) => Record<string, string>)
  /**
   * What is sent instead of the event in its `format`: an object is sent as JSON; a string or bytes as they are. With the
   * format `cloudevents-binary` it is the data of a CloudEvent, and the event's attributes go with it in `ce-` headers.
   */
  body?: (event: Event) => unknown
  /**
   * How the event is sent. Default `cloudevents-structured`.
   * - `cloudevents-structured`: one JSON object with attributes and data (`application/cloudevents+json`).
   * - `cloudevents-binary`: the data as they are, with their own content type, and the attributes in `ce-` headers, which
   *   `headers` may add to but not change.
   * - `json`: `{ id, type, source, subject, time, data }`, and what a CloudEvent said besides, under Manifold's names.
   */
  format?: EventFormat
  /** Keep the body of the answer: it is shown in the event's result. Default `false`. */
  captureResponse?: boolean
  auth?: Auth
  /** Judges an answer; `undefined` leaves it to the default table. */
  classify?: (response: TargetResponse) => Outcome | undefined
}

/** An async function that ends without `return` gives a promise of void: that too means delivered. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
export type HandlerResult = Outcome | undefined | void

/** One downstream API that wants an SDK: a function calls it. */
export type FunctionTargetDefinition<Event extends AnyEvent = AnyEvent> = CommonDefinition<Event> & {
  /** Nothing given back means delivered; a throw is retried; an outcome is what it says. */
  handle: (event: Event, context: HandlerContext) => HandlerResult | Promise<HandlerResult>
}

export type TargetDefinition<Event extends AnyEvent = AnyEvent> =
  HttpTargetDefinition<Event> | FunctionTargetDefinition<Event>

/**
 * Types a target file. Mistakes are reported when the config is loaded.
 * With an event catalogue, use the `defineTarget` that `defineEvents` gives: it knows each event's data.
 * @typeParam Data the type of `event.data` in this target's functions
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function defineTarget<Data = any>(
  definition: TargetDefinition<ManifoldEvent<Data>>,
): TargetDefinition<ManifoldEvent<Data>> {
  return definition
}
