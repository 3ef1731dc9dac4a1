/**
 * Removed targets: what waits for a target that no living process has in its config ends as dead letters, but only after a grace
 * period in which the target may come back.
 *
 * One producer at a time looks (a lease), in bounded chunks. Nobody is buried by a process that has just started: others may not
 * have told yet which targets they have.
 */
import { deliveryId, type DeliveryRef } from '@manifold/domain'
import { buryWaiting, type Passed, type Queues } from '@manifold/queue'
import type { Logger } from '@manifold/runtime'
import {
  findDelivery,
  readBacklog,
  readRemovedTargets,
  takeLease,
  UnreadableRecordError,
  type RemovedTarget,
  type Store,
  type Telling,
} from '@manifold/store'
import { logBuried } from './log-dead-letters.ts'

export type RemovedTargetsDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly logger: Logger
  /** Who gets the operational events about what dies. */
  readonly telling: Telling
  /** Counts deliveries that died; told of 0 for each target that is removed, before any does. */
  readonly onDied: (target: string, deliveries: number) => void
  /** Names this process in the lease. */
  readonly holder: string
  readonly intervalMs: number
  readonly graceMs: number
  /** A target that no process has told of for so long is in no config. */
  readonly silentMs: number
  /** Aborts when the process stops. */
  readonly signal: AbortSignal
}

const CHUNK = 100

/** Looks once; to be repeated. */
export function watchRemovedTargets(deps: RemovedTargetsDeps): () => Promise<void> {
  const startedMs = performance.now()
  const toldOfNewer = new Set<string>()
  return async () => {
    const { store, holder, intervalMs, silentMs } = deps
    if (performance.now() - startedMs < silentMs) return
    if (!(await takeLease(store, 'removed-targets', holder, intervalMs * 2))) return
    for (const target of await readRemovedTargets(store, silentMs)) await look(deps, target, toldOfNewer)
  }
}

async function look(
  deps: RemovedTargetsDeps,
  { name, sinceMs }: RemovedTarget,
  toldOfNewer: Set<string>,
): Promise<void> {
  const { store, logger, graceMs } = deps
  deps.onDied(name, 0)
  if (sinceMs === 0) {
    const { waiting, delayed, inFlight } = await readBacklog(store, name)
    logger.warn(
      { target: name, backlog: waiting + delayed + inFlight, graceMs },
      'the target is in no config any more: what waits for it ends as dead letters unless it is back within the grace period',
    )
    return
  }
  if (sinceMs < graceMs) return
  const { buried, newer } = await buryAll(deps, name)
  if (buried > 0)
    logger.error(
      { target: name, count: buried, reason: 'unknown-target', graceMs },
      'the target has been in no config for the whole grace period: what waited for it is dead letters, to be replayed when it is back',
    )
  if (newer > 0 && !toldOfNewer.has(name)) {
    toldOfNewer.add(name)
    logger.warn(
      { target: name, count: newer },
      'a newer version wrote some of what waits for the removed target: it stays until a producer of that version buries it',
    )
  }
}

/** @returns how many deliveries died, and how many queue entries only a newer version can bury */
async function buryAll(deps: RemovedTargetsDeps, name: string): Promise<{ buried: number; newer: number }> {
  const { store, queues, logger, holder, intervalMs, silentMs, signal } = deps
  const total = { buried: 0, newer: 0 }
  const onBuried = async (ref: DeliveryRef) => {
    const letter = await findDelivery(store, deliveryId(ref.eventId, ref.target)).catch((error: unknown) => {
      // Buried all the same; the count tells of it.
      if (error instanceof UnreadableRecordError) return undefined
      throw error
    })
    if (letter !== undefined) logBuried(logger, letter, ref)
  }
  for (let passed: Passed | undefined; ;) {
    const chunk = await buryWaiting(store, queues, name, CHUNK, { telling: deps.telling, onBuried, passed })
    total.buried += chunk.buried
    total.newer += chunk.newer
    deps.onDied(name, chunk.buried)
    if (!chunk.more || signal.aborted) return total
    passed = chunk.passed
    await takeLease(store, 'removed-targets', holder, intervalMs * 2)
    // It may be back by now.
    const removed = await readRemovedTargets(store, silentMs)
    if (!removed.some((target) => target.name === name)) return total
  }
}
