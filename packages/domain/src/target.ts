/**
 * The target: one downstream API: how to select, shape, authenticate, send, judge and retry.
 *
 * This is the resolved form every part works with: defaults filled in, patterns checked. What a user
 * writes is packages/config's `defineTarget`.
 */
import type { Outcome } from './attempt.ts'
import type { BreakerPolicy } from './breaker.ts'
import type { ManifoldEvent } from './event.ts'
import type { RetryPolicy } from './retry-policy.ts'

export type HttpMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'GET'

/** How an event looks on its way to a target that shapes it no further (CloudEvents HTTP binding 1.0, or plain JSON). */
export type EventFormat = 'cloudevents-structured' | 'cloudevents-binary' | 'json'

/** A request on its way to a target; each stage returns the next form of it. */
export type OutgoingRequest = {
  readonly method: HttpMethod
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

/** What a target answered, as `classify` sees it. */
export type TargetResponse = {
  readonly status: number
  /** Lower-case names; a repeated header is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** At most `maxResponseBytes` of the body. */
  readonly text: string
  /** The body was longer than `maxResponseBytes`. */
  readonly truncated: boolean
  /** The body as JSON, `undefined` when it is none. */
  // What an API answers is not ours to type: `classify` is where its owner looks into it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any
}

/** What an auth builder may use besides the request. */
export type AuthContext = {
  /** Under the attempt's deadline, the target's network rules and a size limit. */
  readonly fetch: GuardedFetch
  readonly nowMs: number
  /** The request the target answered 401 to, when this is the one try after it: what it carried is to be renewed. */
  readonly rejected: OutgoingRequest | undefined
}

/** `fetch`, as far as is safe: redirects are answers, and what it may reach and read is limited. */
export type GuardedFetch = (url: string, init?: GuardedFetchInit) => Promise<Response>

export type GuardedFetchInit = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** How requests to a target prove who sends them. */
export type Auth = {
  readonly kind: string
  /** Every secret the builder was given, so that a missing one is reported at start-up. */
  readonly secrets: readonly { readonly name: string; reveal(): string }[]
  readonly authenticate: (
    request: OutgoingRequest,
    context: AuthContext,
  ) => OutgoingRequest | Promise<OutgoingRequest>
  /** A 401 may mean that what is cached ran out: authenticate once more and send again. */
  readonly renewable?: boolean
  /** A client certificate, PEM. */
  readonly identity?: () => { readonly certificate: string; readonly privateKey: string }
  /** Looks at the secrets once they are there; gives what is wrong with them, never a value. */
  readonly check?: () => readonly string[]
}

/** How TLS to a target is verified. It always is. */
export type TlsPolicy = {
  /** CA certificates, PEM, instead of the well-known ones. */
  readonly ca?: string
  /** The name to verify, when it is not the URL's host. */
  readonly servername?: string
  /** Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** What a function target's handler may use besides the event. */
export type HandlerContext = {
  /** Number of this attempt, over all generations. */
  readonly attempt: number
  /** The same over all attempts and replays: make your side idempotent with it. */
  readonly deliveryId: string
  /** Aborts when the attempt's deadline has passed, or when the worker is stopping. */
  readonly signal: AbortSignal
  /** Under the attempt's deadline, the target's network rules and a size limit. */
  readonly fetch: GuardedFetch
  /** A header for requests of your own: the event's trace, and this attempt in it. */
  readonly traceparent: string
  readonly logger: HandlerLogger
}

export type HandlerLogger = Readonly<
  Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
>

type TargetCommon = {
  readonly name: string
  readonly subscribe: readonly string[]
  readonly filter: ((event: ManifoldEvent) => boolean) | undefined
  /** Whether an event counts as failed when it cannot be delivered here. */
  readonly required: boolean
  /** One deadline for the whole attempt: authenticate, connect, send, headers and body. */
  readonly timeoutMs: number
  readonly maxResponseBytes: number
  readonly retry: RetryPolicy
  /** Attempts under way at once, per worker process. */
  readonly concurrency: number
  /** Attempts under way at once, over all workers. */
  readonly maxConcurrency: number | undefined
  /** Held across all workers of the target. */
  readonly rateLimit: { readonly max: number; readonly perMs: number } | undefined
  /** Open deliveries above which events for it are refused; 0 is no limit, `undefined` leaves it to the settings. */
  readonly maxBacklog?: number | undefined
  readonly breaker: BreakerPolicy
  /** `true`: anywhere; a list of CIDRs: public addresses and these; `false`: public addresses only. */
  readonly allowPrivateNetwork: boolean | readonly string[]
  readonly tls: TlsPolicy | undefined
}

/** An API that is called over HTTP. */
export type HttpTarget = TargetCommon & {
  readonly kind: 'http'
  readonly url: string | ((event: ManifoldEvent) => string)
  readonly method: HttpMethod | ((event: ManifoldEvent) => HttpMethod)
  readonly headers: Readonly<Record<string, string>> | ((event: ManifoldEvent) => Record<string, string>)
  /** `undefined` sends the event in its `format`. */
  readonly body: ((event: ManifoldEvent) => unknown) | undefined
  readonly format: EventFormat
  /** Whether the answer's body is kept for the event's result. */
  readonly captureResponse: boolean
  readonly auth: Auth
  readonly classify: ((response: TargetResponse) => Outcome | undefined) | undefined
}

/** An API that wants an SDK: a function of ours calls it. */
export type FunctionTarget = TargetCommon & {
  readonly kind: 'function'
  /** Nothing given back means delivered; a throw is retried; an outcome is what it says. Checked when it runs. */
  readonly handle: (event: ManifoldEvent, context: HandlerContext) => unknown
}

export type Target = HttpTarget | FunctionTarget
