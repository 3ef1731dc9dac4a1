/**
 * Judges memory: after the faults, and after everything has settled, each process is back to its level before. Pure.
 *
 * - Kills make most processes young. Some are spared them: those lived through the whole run, and have to be there at its end.
 * - What lives after a collection may be a quarter more than before, or 10 MB: code that was compiled meanwhile, caches that
 *   have filled. A process that was started meanwhile is compared with the largest of its kind from before.
 * - Resident memory may be half as much again, and 64 MB: V8 and the allocator keep what they once needed.
 * - Redis keeps the events: it may have grown by so much for each.
 */
import type { Finding } from '../oracle/finding.ts'

export type ProcessMemory = {
  readonly kind: 'producer' | 'worker'
  readonly name: string
  /** Heap and external memory after a collection. */
  readonly liveBytes: number
  readonly residentBytes: number
}

export type Memory = {
  readonly processes: readonly ProcessMemory[]
  /** As Redis counts what it has allocated. */
  readonly redisBytes: number
  /** Accepted until then. */
  readonly events: number
}

const MEGABYTE = 1_000_000
const LIVE = { factor: 1.25, leastBytes: 10 * MEGABYTE }
const RESIDENT = { factor: 1.5, moreBytes: 64 * MEGABYTE }

/** An event with three deliveries and their attempts, in a run with faults; and what Redis needs whatever it keeps. */
const REDIS = { bytesPerEvent: 8_000, moreBytes: 20 * MEGABYTE }

/** @param spared the names of those that nobody kills @returns what holds more than it may, or is gone though it was spared */
export function judgeMemory(before: Memory, after: Memory, spared: readonly string[]): Finding[] {
  const there = new Set(after.processes.map(({ name }) => name))
  return [
    ...spared
      .filter((name) => !there.has(name))
      .map((name): Finding => ({
        kind: 'memory',
        subject: name,
        detail: 'it ended, though nobody ended it',
      })),
    ...after.processes.flatMap((now) => judgeProcess(before.processes, now)),
    ...judgeRedis(before, after),
  ]
}

function judgeProcess(before: readonly ProcessMemory[], now: ProcessMemory): Finding[] {
  const own = before.find(({ name }) => name === now.name)
  const peers = own === undefined ? before.filter(({ kind }) => kind === now.kind) : [own]
  if (peers.length === 0) return []
  const live = Math.max(...peers.map(({ liveBytes }) => liveBytes))
  const resident = Math.max(...peers.map(({ residentBytes }) => residentBytes))
  return [
    ...exceeding(now.name, 'live', now.liveBytes, live, Math.max(live * LIVE.factor, live + LIVE.leastBytes)),
    ...exceeding(
      now.name,
      'resident',
      now.residentBytes,
      resident,
      resident * RESIDENT.factor + RESIDENT.moreBytes,
    ),
  ]
}

function judgeRedis(before: Memory, after: Memory): Finding[] {
  const kept = (after.events - before.events) * REDIS.bytesPerEvent
  const most = before.redisBytes + kept + REDIS.moreBytes
  return exceeding('Redis', 'allocated', after.redisBytes, before.redisBytes, most)
}

function exceeding(subject: string, what: string, is: number, was: number, most: number): Finding[] {
  if (is <= most) return []
  const detail = `${megabytes(is)} ${what} after, ${megabytes(was)} before; at most ${megabytes(most)} are explained`
  return [{ kind: 'memory', subject, detail }]
}

/** As a line. */
export function memoryLine({ processes, redisBytes }: Memory): string {
  return [
    ...processes.map(
      ({ name, liveBytes, residentBytes }) =>
        `${name} ${megabytes(liveBytes)} live, ${megabytes(residentBytes)} resident`,
    ),
    `Redis ${megabytes(redisBytes)}`,
  ].join('; ')
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`
}
