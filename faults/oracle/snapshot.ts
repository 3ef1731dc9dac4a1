/** The snapshot: what Manifold and its queues say when the system is at rest. A plain value; take-snapshot.ts makes it. */

export type AttemptSeen = {
  readonly number: number
  readonly generation: number
  readonly atMs: number
  readonly durationMs: number
  readonly httpStatus: number | null
  readonly outcome: string
  readonly reason: string
}

export type DeliverySeen = {
  readonly id: string
  readonly target: string
  readonly status: string
  readonly reason: string | null
  readonly generation: number
  /** As its view counts them. */
  readonly attempts: number
  /** As they are listed. */
  readonly attemptList: readonly AttemptSeen[]
}

export type EventSeen = {
  readonly id: string
  readonly status: string
  readonly acceptedAtMs: number
  readonly settledAtMs: number | null
  readonly deliveries: readonly DeliverySeen[]
}

export type QueueSeen = {
  readonly target: string
  /** Jobs on the target's queue in any state. */
  readonly jobs: number
  /** Of its dead-letter queue: `<eventId>.<generation>`. */
  readonly deadJobIds: readonly string[]
  /** What the backlog counts: waiting, delayed and in flight. */
  readonly backlog: number
}

export type DeadLetterSeen = {
  readonly id: string
  readonly reason: string | null
  readonly generation: number
  readonly diedAtMs: number
}

export type Snapshot = {
  readonly takenAtMs: number
  /** By id; an event the API does not know is not in it. */
  readonly events: ReadonlyMap<string, EventSeen>
  readonly queues: readonly QueueSeen[]
  /** As the API lists them. */
  readonly deadLetters: readonly DeadLetterSeen[]
  readonly outbox: number
}
