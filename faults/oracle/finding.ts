/** A finding: one thing that is not as it was promised. Any finding fails a run. */

export type FindingKind =
  /** Answered 202, and not there any more. */
  | 'lost'
  /** Not ended, though the system is at rest. */
  | 'stuck'
  /** Sent again after a 2xx, or twice at a time, while nothing was disturbed. */
  | 'duplicated'
  /** One event reached a target under two delivery ids: nobody could tell that it is the same. */
  | 'duplicated-under-another-id'
  /** The record says what the receiver did not see, or the reverse. */
  | 'wrong-status'
  | 'dead-without-cause'
  | 'retried-too-early'
  | 'retried-too-late'
  /** Waited for its first try, though its target was free. */
  | 'first-tried-too-late'
  /** More attempts than the policy allows. */
  | 'tried-too-often'
  /** Behind the delivery's maximum age. */
  | 'tried-past-its-age'
  /** A target was sent an event that was not for it. */
  | 'not-promised'
  /** The attempts that are recorded are not the requests that came. */
  | 'attempts-disagree'
  /** A target got something else than was posted, or not the same twice. */
  | 'body-differs'
  /** Record, queues and dead letters tell different stories. */
  | 'queues-disagree'
  | 'outbox-not-empty'
  /** What a dead worker had in hand was not taken over in time. */
  | 'taken-over-late'
  /** A process, or Redis, holds more than before the faults. */
  | 'memory'
  /** A caller was answered in a way that the contract does not know. */
  | 'bad-answer'
  /** What one scenario promised besides. */
  | 'promise-broken'

export type Finding = {
  readonly kind: FindingKind
  /** What it is about: a delivery id, an event id, a target. */
  readonly subject: string
  readonly detail: string
}

/** Findings as lines, no more than `limit` of each kind: the first ones say enough. */
export function findingLines(findings: readonly Finding[], limit = 5): string[] {
  return [...Map.groupBy(findings, ({ kind }) => kind)].flatMap(([kind, own]) => [
    ...own.slice(0, limit).map(({ subject, detail }) => `${kind}: ${subject}: ${detail}`),
    ...(own.length > limit ? [`${kind}: and ${String(own.length - limit)} more`] : []),
  ])
}
