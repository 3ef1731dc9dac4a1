/**
 * What is traced: a request, the publishing of an event, an attempt at a delivery, and a call of the target's API.
 *
 * Owns the words. Each `start…` is called where the thing begins, and gives what its end is told to: nothing is patched,
 * and there is no context that travels by itself.
 */
import type {
  Attempt,
  DeliveryRef,
  EventTrace,
  ManifoldEvent,
  Settlement,
  SpanContext,
} from '@manifold/domain'

export type Tracing = {
  /** `undefined` when nothing is traced: then nobody need stand in front of the routes. */
  readonly startRequest: ((request: RequestStart) => RequestSpan) | undefined
  readonly startPublish: (publish: PublishStart) => PublishSpan
  readonly startAttempt: (ref: DeliveryRef, claim: AttemptStart) => AttemptSpan
  /** Sends what is left, for a while at most. */
  readonly close: () => Promise<void>
}

export type RequestStart = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly scheme: 'http' | 'https'
  /** The caller's, if it sent one. */
  readonly traceparent: string | undefined
}

export type RequestSpan = {
  readonly context: SpanContext
  readonly isRecorded: boolean
  readonly end: (result: RequestResult) => void
}

export type RequestResult = {
  /** The pattern of the path, where the request met a route. */
  readonly route: string | undefined
  readonly status: number
  /** Whether the caller went away before it was answered. */
  readonly isAborted: boolean
  readonly eventId: string | undefined
  readonly caller: string | undefined
  readonly requestId: string | undefined
  /** The code of the problem it was answered with. */
  readonly problem: string | undefined
}

export type PublishStart = {
  readonly eventType: string
  readonly targetCount: number
  /** Whose child it is; without one the event begins a trace. */
  readonly traceparent: string | undefined
  /** The request, where the event is in a trace of its own. */
  readonly askedBy: SpanContext | undefined
}

export type PublishSpan = {
  /** What the event carries from now on. */
  readonly trace: EventTrace
  readonly end: (result: PublishResult) => void
}

/** What recording the event came to. The id is the first event's, where this one was there before. */
export type PublishResult =
  | {
      readonly kind: 'accepted' | 'duplicate' | 'key-reused' | 'id-taken'
      readonly eventId: string
    }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What is known of a delivery when it is claimed. */
export type AttemptStart = {
  readonly event: Pick<ManifoldEvent, 'type'>
  readonly trace: EventTrace
  readonly replayedBy?: Pick<SpanContext, 'traceId' | 'spanId'>
  readonly attempts: number
  readonly ageMs: number
}

export type AttemptSpan = {
  /** `undefined` where none is recorded. */
  readonly spanId: string | undefined
  /** A request is about to be sent; its span is the one its `traceparent` names. */
  readonly startCall: (request: CallStart) => CallSpan
  /** What it came to; without it, the attempt was cut short. */
  readonly end: (attempt?: Attempt, settlement?: Settlement) => void
}

export type CallStart = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export type CallSpan = { readonly end: (result: CallResult) => void }

export type CallResult =
  | { readonly kind: 'answered'; readonly response: { readonly status: number } }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'blocked' }
