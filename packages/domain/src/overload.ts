/**
 * Overload: when intake stops taking events, when it takes them again, and how many bytes may come between two looks.
 *
 * Pure policy over what is measured (the store's load.ts). A measure is a share of its limit: 1 is the limit itself. Who
 * looks, and whom it refuses, is the producer's.
 */

/** A limit of 0 is none. */
export type LoadLimits = {
  /** Deliveries that have not ended, of all targets. */
  readonly maxBacklog: number
  /** Of one target; those without a limit are left out. */
  readonly maxBacklogOf: ReadonlyMap<string, number>
  /** Of Redis's `maxmemory`. */
  readonly maxMemoryPercent: number
}

export type Load = {
  readonly memory: {
    readonly usedBytes: number
    /** `maxmemory`; 0 when Redis has none. */
    readonly maxBytes: number
  }
  /** Deliveries that have not ended, by target. */
  readonly backlogs: ReadonlyMap<string, number>
}

/** Why events are refused: the store is full, too much waits, or too much waits for a target. */
export type OverloadReason = 'memory' | 'backlog' | 'target'

export const OVERLOAD_REASONS: readonly OverloadReason[] = ['memory', 'backlog', 'target']

/** Events are taken again below this share of a limit, so that intake does not open and close with every delivery. */
export const RESUME_SHARE = 0.9

/** What a waiting delivery still takes until it has ended: its attempts, and its place in indexes and the feed. */
const BYTES_TO_FINISH = 400

/** Up to here the store may fill with what has been accepted before. */
const FINISH_PERCENT = 95

/** The part of the room that one producer may fill between two looks: several look at the same room. */
const ROOM_EACH = 0.25
/** Of `maxmemory`: so little is not divided any more, or the limit would be neared and never reached. */
const LAST_ROOM = 0.025

/** What a delivery and an event take besides the data; data is kept in blocks that may be a quarter larger. */
const BYTES_OF_DELIVERY = 700
const BYTES_OF_EVENT = 1_000
const BLOCK_FACTOR = 1.25

/** How much of `limit` is used; nothing where there is none. */
export function shareOf(value: number, limit: number): number {
  return limit > 0 ? value / limit : 0
}

/** Deliveries of all targets that have not ended. */
export function totalBacklog({ backlogs }: Load): number {
  let total = 0
  for (const backlog of backlogs.values()) total += backlog
  return total
}

/**
 * How near the store is to where it must take no more: by what is used, and by what is used when all that waits has
 * ended, for workers write, too.
 */
export function memoryShare(load: Load, { maxMemoryPercent }: LoadLimits): number {
  const { usedBytes, maxBytes } = load.memory
  if (maxMemoryPercent === 0) return 0
  const finishPercent = Math.max(maxMemoryPercent, FINISH_PERCENT)
  return Math.max(
    shareOf(usedBytes, (maxBytes * maxMemoryPercent) / 100),
    shareOf(usedBytes + totalBacklog(load) * BYTES_TO_FINISH, (maxBytes * finishPercent) / 100),
  )
}

/** Bytes that one producer may accept before it looks again: the limit holds with several of them. */
export function roomBytes(load: Load, limits: LoadLimits): number {
  const { maxBytes } = load.memory
  if (limits.maxMemoryPercent === 0 || maxBytes === 0) return Infinity
  const share = memoryShare(load, limits)
  const left = Math.max(0, 1 - share) * maxBytes * (limits.maxMemoryPercent / 100)
  return Math.max(left * ROOM_EACH, Math.min(left, maxBytes * LAST_ROOM))
}

/** What the store takes for an event, on the safe side. */
export function storedBytes(dataBytes: number, deliveries: number): number {
  return BYTES_OF_EVENT + dataBytes * BLOCK_FACTOR + deliveries * BYTES_OF_DELIVERY
}

/** Whether events pass one limit. */
export type Gate =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'shut'
      /** Where the drain is measured from: when it shut, and the share then. */
      readonly sinceMs: number
      readonly sinceShare: number
      /** When asking again makes sense. */
      readonly retryAfterSeconds: number
    }

export const OPEN_GATE: Gate = { kind: 'open' }

/** Nobody waits longer than this, as what is measured may turn. */
const MAX_RETRY_AFTER_SECONDS = 30
/** While nothing drains. */
const STUCK_RETRY_AFTER_SECONDS = 10

/** Shuts at the limit, and opens below `RESUME_SHARE` of it. */
export function nextGate(gate: Gate, share: number, nowMs: number): Gate {
  if (gate.kind === 'open') {
    if (share < 1) return gate
    return { kind: 'shut', sinceMs: nowMs, sinceShare: share, retryAfterSeconds: 1 }
  }
  if (share < RESUME_SHARE) return OPEN_GATE
  return { ...gate, retryAfterSeconds: secondsUntilOpen(gate, share, nowMs) }
}

/** By how fast it has drained since it shut. */
function secondsUntilOpen(
  { sinceMs, sinceShare }: Extract<Gate, { kind: 'shut' }>,
  share: number,
  nowMs: number,
): number {
  const drained = sinceShare - share
  if (drained <= 0) return STUCK_RETRY_AFTER_SECONDS
  const seconds = ((share - RESUME_SHARE) / drained) * ((nowMs - sinceMs) / 1_000)
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(seconds)))
}
