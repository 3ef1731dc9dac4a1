/**
 * The relay: finds what was recorded but never confirmed on the queues, because a process died in between, and reconciles it.
 *
 * Runs in every producer and worker; a lease lets one of them work at a time. Nothing depends on the lease:
 * two relays at once do the same work twice, to the same end.
 */
import { failpoint, repeat, type Background, type Logger } from '@manifold/runtime'
import { overdueOutbox, takeLease, type Store, type Telling } from '@manifold/store'
import { reconcileEach, type KnownEntry } from './reconcile.ts'
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
  /** Told in each round of each entry that cannot be reconciled: it stays, and holds up no other. */
  readonly onFailed: (entry: KnownEntry, error: unknown) => void
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
    const failed = await reconcileEach(deps.store, deps.queues, entries, deps.telling)
    if (entries.length > 0) failpoint('relayed')
    for (const { entry, error } of failed) deps.onFailed(entry, error)
    passedOver += failed.length
    rescued += entries.length - failed.length
    if (overdue.length < BATCH) break
  }
  if (rescued > 0) deps.onRescued(rescued)
  return rescued
}

export type RelayLoopDeps = Omit<RelayDeps, 'onRescued' | 'onFailed'> & {
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
  const toldOf = new Set<string>()
  const onFailed = (entry: KnownEntry, error: unknown) => {
    const eventId = 'ref' in entry ? entry.ref.eventId : entry.eventId
    if (toldOf.has(eventId)) return
    toldOf.add(eventId)
    deps.logger.error(
      { eventId, kind: entry.kind, reason: error instanceof Error ? error.message : String(error) },
      'an entry of the outbox cannot be dealt with: it stays, and is tried again; the others go on',
    )
  }
  return repeat(deps.ageMs, () => relayOnce({ ...deps, onRescued, onFailed }), deps.onError)
}
