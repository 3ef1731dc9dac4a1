/**
 * The enqueuer: puts accepted events on the queues right behind their answers.
 *
 * Events of one tick are enqueued together, and while one batch is under way, and for a pause behind one of several, the
 * next one gathers: the busier the intake, the larger the batches, and the more deliveries share a queue entry; a lone
 * event waits for nobody and has its own. A batch that fails is left to the relay; its events are on the outbox.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { DeliveryRef } from '@manifold/domain'
import { enqueueBundled, enqueueLater, reconcile, type Queues } from '@manifold/queue'
import { failpoint } from '@manifold/runtime'
import { confirmOutbox, type NewlyAccepted, type Store } from '@manifold/store'

export type Enqueuer = {
  readonly enqueue: (accepted: NewlyAccepted) => void
  /** Resolves when everything handed in so far is on the queues, or left to the relay. */
  readonly drain: () => Promise<void>
}

export type EnqueuerDeps = {
  readonly store: Store
  readonly queues: Queues
  /** How many deliveries of a target one queue entry may carry. */
  readonly bundleSizeOf: (target: string) => number
  readonly onError: (error: unknown) => void
}

/** How long to gather for each event of the batch before, and at most: a lone event is followed by no pause. */
const PAUSE_EACH_MS = 0.5
const MAX_PAUSE_MS = 5

/** One for each process. */
export function createEnqueuer(deps: EnqueuerDeps): Enqueuer {
  let gathering: NewlyAccepted[] = []
  let running: Promise<void> | undefined

  const run = async (): Promise<void> => {
    // The answers of this tick go out first.
    await new Promise((resolve) => setImmediate(resolve))
    while (gathering.length > 0) {
      const batch = gathering
      gathering = []
      await enqueueBatch(deps, batch)
      const pauseMs = Math.min(batch.length * PAUSE_EACH_MS, MAX_PAUSE_MS)
      if (pauseMs >= 1) await wait(pauseMs)
    }
    running = undefined
  }

  return {
    enqueue: (accepted) => {
      if (accepted.targets.length === 0 && accepted.callbackAtMs === undefined) return
      gathering.push(accepted)
      running ??= run()
    },
    drain: async () => {
      await running
    },
  }
}

async function enqueueBatch(deps: EnqueuerDeps, batch: readonly NewlyAccepted[]): Promise<void> {
  failpoint('enqueueing')
  try {
    await Promise.all([enqueueAtOnce(deps, batch), enqueuePutOff(deps, batch), payCallbacks(deps, batch)])
    failpoint('enqueued')
    await confirmOutbox(
      deps.store,
      batch.map(({ eventId }) => ({ kind: 'event', eventId })),
    )
  } catch (error) {
    deps.onError(error)
  }
}

async function enqueueAtOnce(deps: EnqueuerDeps, batch: readonly NewlyAccepted[]): Promise<void> {
  const refs = batch.flatMap((accepted) => (accepted.delayMs === 0 ? refsOf(accepted) : []))
  await enqueueBundled(deps.queues, refs, deps.bundleSizeOf)
}

async function enqueuePutOff(deps: EnqueuerDeps, batch: readonly NewlyAccepted[]): Promise<void> {
  const putOff = batch.filter(({ delayMs }) => delayMs > 0)
  await Promise.all(
    putOff.flatMap((accepted) =>
      refsOf(accepted).map((ref) => enqueueLater(deps.queues, ref, accepted.delayMs)),
    ),
  )
}

/** Of events that nobody wanted: they are settled already. */
async function payCallbacks(deps: EnqueuerDeps, batch: readonly NewlyAccepted[]): Promise<void> {
  const owed = batch.flatMap(({ eventId, callbackAtMs }) =>
    callbackAtMs === undefined ? [] : [{ kind: 'callback' as const, eventId, settledAtMs: callbackAtMs }],
  )
  await reconcile(deps.store, deps.queues, owed)
}

function refsOf({ eventId, targets }: NewlyAccepted): DeliveryRef[] {
  return targets.map((target) => ({ eventId, target, generation: 1 }))
}
