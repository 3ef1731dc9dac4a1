/**
 * Bulk replays: a filter, how far it has come, and what it did. Kept in Redis, so that any producer can carry on
 * where another stopped.
 *
 * A replay takes the dead letters that had died before it was asked for, oldest first: one that dies again during
 * the replay is later than `startedAtMs`, and is not taken twice.
 */
import type { DeadReason, SpanContext } from '@manifold/domain'
import { runKept } from './kept-script.ts'
import { keys } from './keys.ts'
import { loadScript, runScript } from './script.ts'
import { storeNow, type Store } from './store.ts'
import type { Position } from './time-index.ts'

const createScript = loadScript('create-replay')
const startScript = loadScript('start-replaying')

const KEPT_MS = 7 * 86_400_000

export type ReplayFilter = {
  readonly target?: string | undefined
  readonly type?: string | undefined
  readonly reason?: DeadReason | undefined
  readonly afterMs?: number | undefined
  readonly beforeMs?: number | undefined
  readonly limit?: number | undefined
  readonly ratePerSecond?: number | undefined
  /** The name of who asked for it. */
  readonly caller?: string | undefined
  /** The request that asked for it, where that is recorded. */
  readonly askedBy?: Pick<SpanContext, 'traceId' | 'spanId'> | undefined
}

export type ReplayStatus = 'matching' | 'running' | 'completed'

export type Replay = {
  readonly id: string
  /** Of whoever made it: a newer filter may leave out what an older one takes. */
  readonly version: number
  readonly status: ReplayStatus
  readonly filter: ReplayFilter
  /** Of Redis's clock: only what died before is taken. */
  readonly startedAtMs: number
  readonly completedAtMs: number | undefined
  /** Dead letters the filter takes. Still counting while `matching`. */
  readonly matched: number
  readonly replayed: number
  /** No longer dead when their turn came. */
  readonly failed: number
  /** The last dead letter dealt with. */
  readonly position: Position | undefined
}

/** Notes a bulk replay that any producer may then carry out. */
export async function createReplay(store: Store, id: string, filter: ReplayFilter): Promise<void> {
  const scriptKeys = [keys.replay(id), keys.openReplays]
  await runKept(store, createScript, scriptKeys, [id, JSON.stringify(filter), KEPT_MS])
}

/** `undefined` when there is none, or when its record has expired. */
export async function readReplay(store: Store, id: string): Promise<Replay | undefined> {
  const fields = await store.redis.hgetall(keys.replay(id))
  const { status, filter, startedAt, completedAt, position } = fields
  if (status === undefined || filter === undefined) return undefined
  return {
    id,
    version: Number(fields['version'] ?? 1),
    status: status as ReplayStatus,
    filter: JSON.parse(filter) as ReplayFilter,
    startedAtMs: Number(startedAt),
    completedAtMs: completedAt === undefined ? undefined : Number(completedAt),
    matched: Number(fields['matched']),
    replayed: Number(fields['replayed']),
    failed: Number(fields['failed']),
    position: position === undefined ? undefined : (JSON.parse(position) as Position),
  }
}

/** Replays that are not completed. */
export async function openReplays(store: Store): Promise<string[]> {
  return store.redis.smembers(keys.openReplays)
}

/** Counting is over: the replay runs, unless somebody else counted sooner. */
export async function startReplaying(store: Store, id: string, matched: number): Promise<void> {
  await runScript(store.redis, startScript, [keys.replay(id)], [matched])
}

/** Notes how far a replay has come; `failed` is added. `replayed` is counted by the reopen script itself. */
export async function advanceReplay(
  store: Store,
  id: string,
  position: Position,
  failed: number,
): Promise<void> {
  const key = keys.replay(id)
  const write = store.redis.multi().hset(key, 'position', JSON.stringify(position)).pexpire(key, KEPT_MS)
  if (failed > 0) write.hincrby(key, 'failed', failed)
  await write.exec()
}

/** Takes a replay off the list of open ones. */
export async function completeReplay(store: Store, id: string): Promise<void> {
  await store.redis
    .multi()
    .hset(keys.replay(id), { status: 'completed', completedAt: storeNow(store) })
    .srem(keys.openReplays, id)
    .exec()
}

/** Takes a replay whose record has expired off the list. */
export async function dropReplay(store: Store, id: string): Promise<void> {
  await store.redis.srem(keys.openReplays, id)
}
