/**
 * Removed targets: what waits for a target that no living process has in its config ends as dead letters, but only after a grace
 * period in which the target may come back.
 *
 * One producer at a time looks (a lease), in bounded chunks. Nobody is buried by a process that has just started: others may not
 * have told yet which targets they have.
 */
import { buryWaiting, type Queues } from '@manifold/queue'
import type { Logger } from '@manifold/runtime'
import {
  readBacklog,
  readRemovedTargets,
  takeLease,
  type RemovedTarget,
  type Store,
  type Telling,
} from '@manifold/store'

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
  return async () => {
    const { store, holder, intervalMs, silentMs } = deps
    if (performance.now() - startedMs < silentMs) return
    if (!(await takeLease(store, 'removed-targets', holder, intervalMs * 2))) return
    for (const target of await readRemovedTargets(store, silentMs)) await look(deps, target)
  }
}

async function look(deps: RemovedTargetsDeps, { name, sinceMs }: RemovedTarget): Promise<void> {
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
  const buried = await buryAll(deps, name)
  if (buried > 0)
    logger.error(
      { target: name, count: buried, reason: 'unknown-target', graceMs },
      'the target has been in no config for the whole grace period: what waited for it is dead letters, to be replayed when it is back',
    )
}

async function buryAll(deps: RemovedTargetsDeps, name: string): Promise<number> {
  const { store, queues, holder, intervalMs, silentMs, signal } = deps
  for (let buried = 0; ;) {
    const chunk = await buryWaiting(store, queues, name, CHUNK, deps.telling)
    buried += chunk.buried
    deps.onDied(name, chunk.buried)
    if (!chunk.more || signal.aborted) return buried
    await takeLease(store, 'removed-targets', holder, intervalMs * 2)
    // It may be back by now.
    const removed = await readRemovedTargets(store, silentMs)
    if (!removed.some((target) => target.name === name)) return buried
  }
}
