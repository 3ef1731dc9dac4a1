/**
 * The targets that a worker serves, and how a reload replaces them while it runs.
 *
 * Owns who is served, and the order of draining and beginning; what serving one takes is serve-target.ts.
 *
 * Invariants
 * 1. A target is served once at a time: it is begun anew only when what it had under way has ended.
 * 2. A reload waits for requests as long as they may take, so that none is sent twice because of it.
 * 3. One reload at a time; it ends when each of its targets has been begun, or cannot be.
 * 4. A target that cannot be begun with its new options goes on with those it had.
 * 5. Once it is closing nothing is begun, and whatever is still begun is drained.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Target } from '@manifold/domain'
import { withinMs } from '@manifold/runtime'
import { isStoreUnavailable } from '@manifold/store'
import { serveTarget, type ServeDeps, type Served } from './serve-target.ts'

/** How soon a target is begun again when Redis would not take what that needs. */
const BEGIN_RETRY_MS = 500
/** Beyond the deadline of an attempt, for what comes behind its answer. */
const SETTLE_MS = 1_000
/** How long a stopping worker waits for a reload once everything is drained: what it then waits for is Redis. */
const RELOAD_LEFT_MS = 500

export type ServedTargets = {
  /** Begins those that are to be served from the start. @throws when one cannot be begun */
  readonly begin: (targets: readonly Target[]) => Promise<void>
  /** Serves these, with the options they have now, and nothing else. @throws naming those that could not be begun */
  readonly replaceBy: (targets: readonly Target[]) => Promise<void>
  /** Takes nothing more, for good, and resolves when what was under way has ended, or was handed back. */
  readonly drain: () => Promise<void>
  /** Behind the drain: lets go of connections and processes. */
  readonly release: () => Promise<void>
}

/** @param served who is served at a moment; written here alone */
export function createServedTargets(deps: ServeDeps, served: Map<string, Served>): ServedTargets {
  const { drainMs } = deps.settings
  const closing = new AbortController()
  let reloading: Promise<void> = Promise.resolve()
  // Asked after each wait.
  const isClosing = () => closing.signal.aborted

  /** Waits for a Redis that is away, or full: a target without a consumer would be served by nobody. */
  const begin = async (target: Target): Promise<void> => {
    while (!isClosing()) {
      try {
        const one = await serveTarget(deps, target)
        served.set(target.name, one)
        if (isClosing()) await one.drain(drainMs)
        return
      } catch (error) {
        if (!isStoreUnavailable(error)) throw error
        deps.onError(error)
        await wait(BEGIN_RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  const retire = async (name: string): Promise<Target | undefined> => {
    const one = served.get(name)
    if (one === undefined) return undefined
    await one.drain(Math.max(drainMs, one.target.timeoutMs + SETTLE_MS))
    served.delete(name)
    await one.release()
    return one.target
  }

  const renew = async (target: Target): Promise<void> => {
    const before = await retire(target.name)
    try {
      await begin(target)
    } catch (error) {
      if (before !== undefined) await begin(before)
      throw new Error(`${target.name}: ${messageOf(error)}`, { cause: error })
    }
  }

  const replaceBy = async (targets: readonly Target[]): Promise<void> => {
    const gone = [...served.keys()].filter((name) => !targets.some((target) => target.name === name))
    // Each for itself: a target with slow answers holds up no other.
    const ends = await Promise.allSettled([...gone.map(retire), ...targets.map(renew)])
    const mistakes = ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []))
    if (mistakes.length > 0)
      throw new Error(`not begun with their new options, unlike all other targets: ${mistakes.join('; ')}`)
  }

  const drainAll = () => Promise.all([...served.values()].map((one) => one.drain(drainMs)))

  return {
    begin: async (targets) => {
      await Promise.all(targets.map(begin))
    },
    replaceBy: (targets) => {
      // Whoever asked for the one before is told of its end.
      reloading = reloading.catch(() => undefined).then(() => replaceBy(targets))
      return reloading
    },
    drain: async () => {
      closing.abort()
      await drainAll()
      // One under way may still have begun a target, and lets go of those that are gone.
      await withinMs(RELOAD_LEFT_MS, 'a reload', reloading).catch(() => undefined)
      await drainAll()
    },
    release: async () => {
      await Promise.all([...served.values()].map((one) => one.release()))
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
