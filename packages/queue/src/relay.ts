/**
 * The relay: finds what was recorded but never confirmed on the queues, because a process died in between, and reconciles it.
 *
 * Runs in every producer and worker; a lease lets one of them work at a time. Nothing depends on the lease:
 * two relays at once do the same work twice, to the same end.
 */
import { failpoint, repeat, type Background, type Logger } from '@manifold/runtime'
import { overdueOutbox, takeLease, type Store, type Telling } from '@manifold/store'
import { reconcile } from './reconcile.ts'
import type { Queues } from './queues.ts'

const BATCH = 500

export type RelayDeps = {
  readonly store: Store
  readonly queues: Queues
  /** Names this process in the lease. */
  readonly holder: string
  /** Entries younger than this belong to the process that made them. */
  readonly ageMs: number
  readonly onRescued: (entries: number) => void
  readonly telling: Telling
}

/** One round of rescue. @returns how many entries it took care of */
export async function relayOnce(deps: RelayDeps): Promise<number> {
  if (!(await takeLease(deps.store, 'relay', deps.holder, deps.ageMs))) return 0
  let rescued = 0
  let passedOver = 0
  for (;;) {
    const overdue = await overdueOutbox(deps.store, deps.ageMs, BATCH, passedOver)
    const entries = overdue.filter((entry) => entry.kind !== 'newer')
    passedOver += overdue.length - entries.length
    if (entries.length > 0) failpoint('relaying')
    await reconcile(deps.store, deps.queues, entries, deps.telling)
    if (entries.length > 0) failpoint('relayed')
    rescued += entries.length
    if (overdue.length < BATCH) break
  }
  if (rescued > 0) deps.onRescued(rescued)
  return rescued
}

export type RelayLoopDeps = Omit<RelayDeps, 'onRescued'> & {
  readonly logger: Logger
  /** Counts what was rescued. */
  readonly count: (entries: number) => void
  readonly onError: (error: unknown) => void
}

/** Looks for what was left behind as often as something can become old enough. */
export function startRelay(deps: RelayLoopDeps): Background {
  const onRescued = (entries: number) => {
    deps.count(entries)
    deps.logger.warn({ entries }, 'enqueued what another process left behind')
  }
  return repeat(deps.ageMs, () => relayOnce({ ...deps, onRescued }), deps.onError)
}
