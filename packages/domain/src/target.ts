/**
 * The target: one downstream API: how to select, shape, authenticate, send, judge and retry.
 *
 * This is the resolved form every part works with: defaults filled in, patterns checked. What a user
 * writes is packages/config's `defineTarget`.
 */
import type { Outcome } from './attempt.ts'
import type { ManifoldEvent } from './event.ts'
import type { RetryPolicy } from './retry-policy.ts'

export type HttpMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'GET'

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

/** How requests to a target prove who sends them. */
export type Auth = {
  readonly kind: string
  /** Every secret the builder was given, so that a missing one is reported at start-up. */
  readonly secrets: readonly { readonly name: string; reveal(): string }[]
  readonly authenticate: (request: OutgoingRequest) => OutgoingRequest | Promise<OutgoingRequest>
}

export type BreakerPolicy = {
  readonly failureRate: number
  readonly minimumAttempts: number
  readonly windowMs: number
  readonly openMs: number
}

export type Target = {
  readonly name: string
  readonly subscribe: readonly string[]
  readonly filter: ((event: ManifoldEvent) => boolean) | undefined
  readonly url: string | ((event: ManifoldEvent) => string)
  readonly method: HttpMethod
  readonly headers: Readonly<Record<string, string>> | ((event: ManifoldEvent) => Record<string, string>)
  /** `undefined` sends the event as CloudEvents JSON. */
  readonly body: ((event: ManifoldEvent) => unknown) | undefined
  readonly auth: Auth
  /** One deadline for the whole attempt: connect, send, headers and body. */
  readonly timeoutMs: number
  readonly maxResponseBytes: number
  readonly retry: RetryPolicy
  /** Attempts under way at once, per worker process. */
  readonly concurrency: number
  /** Held across all workers of the target. */
  readonly rateLimit: { readonly max: number; readonly perMs: number } | undefined
  readonly breaker: BreakerPolicy
  readonly classify: ((response: TargetResponse) => Outcome | undefined) | undefined
  readonly allowPrivateNetwork: boolean
}
