/** What Manifold answers with, as types. The API's own words; a contract test compares them with the producer's. */

export type SettledStatus = 'delivered' | 'partially_delivered' | 'failed' | 'cancelled' | 'unrouted'

export type EventStatus = 'pending' | SettledStatus

export type DeliveryStatus =
  'pending' | 'retrying' | 'deferred' | 'delivered' | 'dead' | 'discarded' | 'cancelled'

export type DeadReason =
  'exhausted' | 'rejected' | 'gone' | 'expired' | 'invalid' | 'blocked' | 'unknown-target'

export type OutcomeKind = 'delivered' | 'retryable' | 'permanent' | 'throttled'

/** Paths, relative to the server. */
export type Links = { readonly self: string; readonly stream: string; readonly result: string }

export type AcceptedEvent = {
  readonly id: string
  readonly type: string
  readonly status: EventStatus
  readonly acceptedAt: string
  readonly deliveries: readonly {
    readonly id: string
    readonly target: string
    readonly status: DeliveryStatus
  }[]
  readonly links: Links
}

export type LastAttempt = {
  readonly number: number
  readonly at: string
  readonly durationMs: number
  /** `null` when no answer came. */
  readonly httpStatus: number | null
  readonly outcome: OutcomeKind
  /** A stable short word: `http-503`, `timeout` … */
  readonly reason: string
  readonly error: string | null
}

export type Attempt = LastAttempt & {
  readonly deliveryId: string
  readonly target: string
  readonly generation: number
}

export type DeliveryView = {
  readonly id: string
  readonly target: string
  /** Whether its failure makes the event failed. */
  readonly required: boolean
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly generation: number
  readonly nextAttemptAt: string | null
  readonly deliveredAt: string | null
  readonly reason: string | null
  readonly lastAttempt: LastAttempt | null
}

/** Whether all is over: `pending` and the rest are told apart by `status`. */
export type Progress =
  | { readonly status: 'pending'; readonly settledAt: string | null }
  | { readonly status: SettledStatus; readonly settledAt: string | null }

export type EventView = Progress & {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly subject: string | null
  readonly time: string
  readonly acceptedAt: string
  readonly deliveries: readonly DeliveryView[]
  readonly links: Links
  /** The id its CloudEvents source gave it. */
  readonly sourceId: string | null
  readonly extensions: Readonly<Record<string, string | number | boolean>>
  readonly deliverAt: string | null
  readonly expiresAt: string | null
}

export type SettledEvent = Extract<EventView, { readonly status: SettledStatus }>

/** What a target answered; kept only for a target with `captureResponse: true`. */
export type CapturedResponse = {
  readonly contentType: string | null
  /** Parsed when the answer was JSON, else text. */
  readonly body: unknown
  readonly truncated: boolean
}

/** The combined answer of all targets. */
export type EventResult = Progress & {
  readonly id: string
  readonly type: string
  readonly acceptedAt: string
  readonly deliveries: readonly {
    readonly id: string
    readonly target: string
    /** Whether its failure makes the event failed. */
    readonly required: boolean
    readonly status: DeliveryStatus
    readonly httpStatus: number | null
    readonly reason: string | null
    readonly attempts: number
    readonly response: CapturedResponse | null
  }[]
  readonly links: Links
}

export type SettledResult = Extract<EventResult, { readonly status: SettledStatus }>

export type DeadLetter = {
  /** Of the delivery. */
  readonly id: string
  readonly eventId: string
  readonly target: string
  readonly type: string
  readonly source: string
  readonly subject: string | null
  readonly reason: DeadReason | null
  readonly diedAt: string | null
  readonly acceptedAt: string
  readonly attempts: number
  readonly generation: number
  readonly lastAttempt: LastAttempt | null
}

export type DeadLetterDetail = Omit<DeadLetter, 'attempts'> & {
  readonly data: unknown
  readonly attempts: readonly Attempt[]
}

export type BreakerView = {
  readonly state: 'closed' | 'open' | 'half-open'
  readonly reason: string | null
  readonly since: string | null
  readonly nextProbeAt: string | null
}

/** A target that is in no config any more, and of which something is left. */
export type RemovedTargetView = {
  readonly name: string
  readonly removedAt: string
  /** When what waits becomes dead letters, unless it is back; `null` when none does. */
  readonly diesAt: string | null
  readonly queue: { readonly waiting: number; readonly delayed: number; readonly dead: number }
  readonly inFlight: number
}

/** The targets of the config, in its order, and those that were taken out of it. */
export type TargetList = {
  readonly items: readonly TargetView[]
  readonly removed: readonly RemovedTargetView[]
}

export type TargetView = {
  readonly name: string
  readonly paused: boolean
  /** It answered 410, and is paused until somebody resumes it. */
  readonly gone: boolean
  readonly queue: { readonly waiting: number; readonly delayed: number; readonly dead: number }
  readonly inFlight: number
  readonly breaker: BreakerView
  /** Of callbacks: those hosts whose breaker is not closed. */
  readonly hosts?: readonly { readonly host: string; readonly breaker: BreakerView }[] | undefined
  /** Attempts of the last minute by outcome. */
  readonly lastMinute: Readonly<Record<OutcomeKind, number>>
  /** Without secrets. */
  readonly settings: {
    readonly kind: 'http' | 'function'
    /** `function` when the config computes it. */
    readonly url?: string | undefined
    readonly method?: string | undefined
    /** The kind of authentication. */
    readonly auth?: string | undefined
    readonly subscribe: readonly string[]
    readonly filter: boolean
    readonly timeoutMs: number
    readonly maxResponseBytes: number
    readonly retry: {
      readonly maxAttempts: number
      readonly baseDelayMs: number
      readonly maxDelayMs: number
      readonly maxAgeMs: number
      readonly delaysMs?: readonly number[] | undefined
    }
    readonly concurrency: number
    readonly maxConcurrency: number | null
    readonly maxBacklog: number | null
    readonly rateLimit: { readonly max: number; readonly perMs: number } | null
    readonly breaker: {
      readonly failureRate: number
      readonly minimumAttempts: number
      readonly windowMs: number
      readonly openMs: number
    }
    readonly allowPrivateNetwork: boolean | readonly string[]
  }
}

export type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null }
