/**
 * Bulk replay: dead letters that match a filter go back to their targets, in the background, at a given rate.
 *
 * Every producer looks for open replays; a lease lets one of them work on each. The progress is in Redis, so that
 * another producer carries on when this one dies.
 *
 * Invariants
 * 1. A dead letter is reopened and counted by one script: a crash in between counts nothing twice.
 * 2. Only what had died before the replay was asked for is taken, oldest first; what dies again during it is not.
 * 3. The position moves on, also over a part of a chunk that a stop cut short, after its letters were dealt with: a crash repeats the chunk, whose letters are no longer dead.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { RECORD_VERSION } from '@manifold/domain'
import { reconcile, type Queues } from '@manifold/queue'
import {
  advanceReplay,
  completeReplay,
  dropLease,
  dropReplay,
  listDeadLetters,
  openReplays,
  readReplay,
  reopenDelivery,
  startReplaying,
  takeLease,
  type DeadLetter,
  type DeadLetterFilter,
  type OutboxEntry,
  type Replay,
  type Store,
} from '@manifold/store'
import { failpoint, type Logger } from '@manifold/runtime'
import { logReplayed } from './log-dead-letters.ts'

export type BulkReplayDeps = {
  readonly store: Store
  readonly queues: Queues
  /** Names this process in the lease. */
  readonly holder: string
  /** Aborts when the process stops; the replay is then another's to carry on. */
  readonly signal: AbortSignal
  /** Whether a target is in the config: a letter to another one would wait for a worker that never comes. */
  readonly isKnown: (target: string) => boolean
  readonly logger: Logger
  readonly onCompleted: (replay: Replay) => void
  readonly onError: (error: unknown) => void
}

const CHUNK = 100
const LEASE_MS = 5_000

export type ReplayRunner = {
  /** Takes up every open replay that nobody works on. Does not wait for them. */
  readonly look: () => Promise<void>
  /** Resolves when nothing is being worked on any more; abort the signal first. */
  readonly idle: () => Promise<void>
}

/** One for each process. Replays run side by side: a slow one holds up no other. */
export function createReplayRunner(deps: BulkReplayDeps): ReplayRunner {
  const running = new Map<string, Promise<void>>()

  const run = async (id: string): Promise<void> => {
    try {
      await carryOn(deps, id)
      await dropLease(deps.store, `replay:${id}`, deps.holder)
    } catch (error) {
      // The lease runs out; whoever looks next carries on.
      deps.onError(error)
    } finally {
      running.delete(id)
    }
  }

  return {
    look: async () => {
      for (const id of await openReplays(deps.store)) {
        if (deps.signal.aborted) return
        if (running.has(id)) continue
        if (await takeLease(deps.store, `replay:${id}`, deps.holder, LEASE_MS)) running.set(id, run(id))
      }
    },
    idle: async () => {
      await Promise.all(running.values())
    },
  }
}

async function carryOn(deps: BulkReplayDeps, id: string): Promise<void> {
  for (;;) {
    const replay = await readReplay(deps.store, id)
    if (deps.signal.aborted || !(await takeLease(deps.store, `replay:${id}`, deps.holder, LEASE_MS))) return
    if (replay === undefined) {
      await dropReplay(deps.store, id)
      return
    }
    // Its filter may leave out what it would take here.
    if (replay.version > RECORD_VERSION) return
    switch (replay.status) {
      case 'matching':
        await match(deps, replay)
        break
      case 'running':
        switch (await replayChunk(deps, replay)) {
          case 'more':
            break
          case 'done':
            await completeReplay(deps.store, id)
            break
          case 'newer':
            // Another look comes soon, a newer producer perhaps before it.
            return
        }
        break
      case 'completed':
        deps.onCompleted(replay)
        return
      default:
        replay.status satisfies never
    }
  }
}

/** Counts what the replay takes, and starts it. A count cut short by a stop is another process's to make. */
async function match(deps: BulkReplayDeps, replay: Replay): Promise<void> {
  const matched = await countMatches(deps, replay)
  if (!deps.signal.aborted) await startReplaying(deps.store, replay.id, matched)
}

/** How many dead letters the replay takes. */
async function countMatches(deps: BulkReplayDeps, replay: Replay): Promise<number> {
  const limit = replay.filter.limit ?? Infinity
  let matched = 0
  let from: Replay['position']
  do {
    const page = await listDeadLetters(deps.store, filterOf(replay), 'oldest', from, 1_000)
    matched += page.items.length
    from = page.next
    await takeLease(deps.store, `replay:${replay.id}`, deps.holder, LEASE_MS)
  } while (from !== undefined && matched < limit && !deps.signal.aborted)
  return Math.min(matched, limit)
}

/** Replays the next letters. @returns whether there may be more; `newer` when the next is a newer version's to reopen */
async function replayChunk(deps: BulkReplayDeps, replay: Replay): Promise<'more' | 'done' | 'newer'> {
  const { ratePerSecond, limit = Infinity } = replay.filter
  const size = Math.min(
    CHUNK,
    Math.max(1, Math.floor(ratePerSecond ?? CHUNK)),
    limit - replay.replayed - replay.failed,
  )
  if (size <= 0) return 'done'
  const startedAtMs = performance.now()
  const page = await listDeadLetters(deps.store, filterOf(replay), 'oldest', replay.position, size)

  const reopened: OutboxEntry[] = []
  let failed = 0
  let dealtWith: DeadLetter | undefined
  let metNewer = false
  for (const letter of page.items) {
    // The rest is another process's: a whole chunk may take longer than a stopping one has.
    if (deps.signal.aborted) break
    const result = await reopen(deps, replay, letter)
    if (result === 'newer') {
      metNewer = true
      break
    }
    if (result === 'failed') failed++
    else if (result !== undefined) reopened.push(result)
    dealtWith = letter
    failpoint('replaying')
  }
  await reconcile(deps.store, deps.queues, reopened)

  const isCut = dealtWith !== page.items.at(-1)
  const last = (isCut ? undefined : page.next) ?? positionOf(dealtWith)
  if (last !== undefined) await advanceReplay(deps.store, replay.id, last, failed)
  if (isCut) return metNewer ? 'newer' : 'more'
  if (page.next === undefined) return 'done'
  if (ratePerSecond !== undefined)
    await pace(deps, replay, startedAtMs + (page.items.length / ratePerSecond) * 1_000)
  return 'more'
}

/** Reopens one letter as it was seen. `undefined` when another hand has replayed it in the meantime. */
async function reopen(
  deps: BulkReplayDeps,
  replay: Replay,
  letter: DeadLetter,
): Promise<OutboxEntry | 'failed' | 'newer' | undefined> {
  const { event, delivery } = letter
  if (!deps.isKnown(delivery.target)) return 'failed'
  await takeLease(deps.store, `replay:${replay.id}`, deps.holder, LEASE_MS)
  const seen = { replayId: replay.id, generation: delivery.generation }
  const { askedBy } = replay.filter
  const result = await reopenDelivery(deps.store, event.id, delivery.target, seen, askedBy)
  if (result.kind === 'reopened') {
    logReplayed(deps.logger, letter, result.ref, replay.id)
    return { kind: 'delivery', ref: result.ref }
  }
  if (result.kind === 'newer') return 'newer'
  return result.kind === 'missing' || result.status === 'discarded' ? 'failed' : undefined
}

function positionOf(letter: DeadLetter | undefined): Replay['position'] {
  if (letter?.delivery.endedAtMs === undefined) return undefined
  return { atMs: letter.delivery.endedAtMs, id: letter.delivery.id }
}

/** Waits until a chunk's time is over (by `performance.now()`), keeping the lease; a chunk may not be faster than its rate. */
async function pace(deps: BulkReplayDeps, replay: Replay, untilMs: number): Promise<void> {
  while (performance.now() < untilMs && !deps.signal.aborted) {
    try {
      await wait(Math.min(untilMs - performance.now(), LEASE_MS / 2), undefined, { signal: deps.signal })
    } catch {
      // Stopping: the loop's condition sees the signal.
    }
    await takeLease(deps.store, `replay:${replay.id}`, deps.holder, LEASE_MS)
  }
}

function filterOf(replay: Replay): DeadLetterFilter {
  const { target, type, reason, afterMs, beforeMs = Infinity } = replay.filter
  return { target, type, reason, afterMs, beforeMs: Math.min(beforeMs, replay.startedAtMs + 1) }
}
