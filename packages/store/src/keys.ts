/**
 * The only maker of Redis keys.
 *
 * Every key carries the hash tag `{manifold}`, so that a script's keys share one slot of a Redis Cluster. Nothing
 * outside this file may assume that there is one tag: partitions will bring `{manifold:0}` … `{manifold:n}`.
 * BullMQ's keys live below `queuePrefix`, which no noun here uses.
 */

const TAG = '{manifold}'

export const keys = {
  /** BullMQ's prefix: `<queuePrefix>:<queue>:…`. */
  queuePrefix: `${TAG}:queue`,
  /** HASH: the event record. */
  event: (eventId: string) => `${TAG}:event:${eventId}`,
  /** `event(id)` without the id, for scripts that meet another event. */
  eventPrefix: `${TAG}:event:`,
  /** STRING: the event's data, JSON, for as long as a delivery may still need it. */
  payload: (eventId: string) => `${TAG}:payload:${eventId}`,
  payloadPrefix: `${TAG}:payload:`,
  /** HASH: every attempt of every delivery of the event. */
  attempts: (eventId: string) => `${TAG}:attempts:${eventId}`,
  /** HASH: what targets answered, for those whose answers are kept. */
  responses: (eventId: string) => `${TAG}:responses:${eventId}`,
  /** STRING: an idempotency key, in its owner's namespace. */
  idempotency: (digest: string) => `${TAG}:idempotency:${digest}`,
  /** ZSET: events by the time they were accepted. */
  events: `${TAG}:events`,
  /** ZSET: what is accepted, replayed or discarded, and not yet confirmed on the queues. */
  outbox: `${TAG}:outbox`,
  /** ZSET: settled events by the time they may be forgotten. */
  retention: `${TAG}:retention`,
  /** ZSET: dead deliveries of all targets by the time they died. */
  deadLetters: `${TAG}:dead-letters`,
  /** ZSET: those of one target. */
  deadLettersOf: (target: string) => `${TAG}:dead-letters-of:${target}`,
  deadLettersOfPrefix: `${TAG}:dead-letters-of:`,
  /** STREAM: the change feed. */
  changes: `${TAG}:changes`,
  /** HASH: how many deliveries of a target have not ended, by where they are. */
  backlog: (target: string) => `${TAG}:backlog:${target}`,
  /** ZSET: since when a backlog is at its limit. */
  highBacklog: (name: string) => `${TAG}:high-since:${name}`,
  backlogPrefix: `${TAG}:backlog:`,
  /** HASH: outcome counts of a target within ten seconds. */
  rates: (target: string, tenSeconds: number) => `${TAG}:rates:${target}:${String(tenSeconds)}`,
  /** HASH: the circuit breaker of a target, or of a host that is called back. */
  breaker: (name: string) => `${TAG}:breaker:${name}`,
  /** ZSET: breakers that are open where a target has one for each host, by the time they opened. */
  openBreakers: (target: string) => `${TAG}:open-breakers:${target}`,
  /** STRING: how many deaths at a target have been told one by one within this minute. */
  toldDeaths: (target: string) => `${TAG}:told-deaths:${target}`,
  /** HASH: what is remembered of a target: `gone`. */
  targetMark: (target: string) => `${TAG}:target-mark:${target}`,
  /** ZSET: targets by the time at which a living process was last known to have them in its config. */
  knownTargets: `${TAG}:known-targets`,
  /** HASH: targets that no living process has in its config, by the time this was noticed. */
  removedTargets: `${TAG}:removed-targets`,
  /** HASH: a bulk replay. */
  replay: (replayId: string) => `${TAG}:replay:${replayId}`,
  /** SET: bulk replays not yet completed. */
  openReplays: `${TAG}:open-replays`,
  /** STRING: what a caller has asked for within the present window of its limit; another window counts anew. */
  rateLimit: (kind: string, perSeconds: number, caller: string) =>
    `${TAG}:rate-limit:${kind}:${String(perSeconds)}:${caller}`,
  /** STRING: who may do a piece of background work now. */
  lease: (work: string) => `${TAG}:lease:${work}`,
} as const
