/** Gauges of the queues, read when they are scraped. While Redis is away they keep their last value. */
import { Gauge, withinMs, type Registry } from '@manifold/runtime'
import {
  countDeadLetters,
  outboxSize,
  readBacklog,
  readBreaker,
  removedTargetNames,
  type Store,
} from '@manifold/store'

const SCRAPE_MS = 1_000

const BREAKER_STATES = ['closed', 'open', 'half-open'] as const

export type QueueGaugesDeps = {
  readonly registry: Registry
  readonly store: Store
  /** Their names, asked at each scrape. */
  readonly targets: () => readonly string[]
}

/** Registers depth, dead letters and outbox size; each is read at every scrape. */
export function registerQueueGauges({ registry, store, targets }: QueueGaugesDeps): void {
  const registers = [registry]
  const depths = new Gauge({
    name: 'manifold_queue_depth',
    help: 'Deliveries by target and state: waiting, delayed, in_flight',
    labelNames: ['target', 'state'],
    registers,
    collect: () =>
      quietly(
        Promise.all(
          targets().map(async (target) => {
            const backlog = await readBacklog(store, target)
            depths.set({ target, state: 'waiting' }, backlog.waiting)
            depths.set({ target, state: 'delayed' }, backlog.delayed)
            depths.set({ target, state: 'in_flight' }, backlog.inFlight)
          }),
        ),
      ),
  })
  const deadLetters = new Gauge({
    name: 'manifold_dead_letters',
    help: 'Dead letters by target',
    labelNames: ['target'],
    registers,
    collect: () =>
      quietly(
        Promise.all(
          targets().map(async (target) => {
            deadLetters.set({ target }, await countDeadLetters(store, target))
          }),
        ),
      ),
  })
  const breakers = new Gauge({
    name: 'manifold_breaker_state',
    help: '1 for the state the circuit breaker of a target is in: closed, open or half-open',
    labelNames: ['target', 'state'],
    registers,
    collect: () =>
      quietly(
        Promise.all(
          targets().map(async (target) => {
            const present = (await readBreaker(store, target)).state
            for (const state of BREAKER_STATES) breakers.set({ target, state }, state === present ? 1 : 0)
          }),
        ),
      ),
  })
  const removed = new Gauge({
    name: 'manifold_removed_target_backlog',
    help: 'Deliveries that wait for a target which is in no config any more',
    labelNames: ['target'],
    registers,
    collect: () =>
      quietly(
        removedTargetNames(store).then(async (names) => {
          const backlogs = await Promise.all(names.map((target) => readBacklog(store, target)))
          removed.reset()
          for (const [index, { waiting, delayed, inFlight }] of backlogs.entries())
            removed.set({ target: names[index] ?? '' }, waiting + delayed + inFlight)
        }),
      ),
  })
  const outbox = new Gauge({
    name: 'manifold_outbox_entries',
    help: 'Accepted, replayed or discarded, and not yet confirmed on the queues',
    registers,
    collect: () =>
      quietly(
        outboxSize(store).then((size) => {
          outbox.set(size)
        }),
      ),
  })
}

/** A scrape must not fail, nor hang, because Redis does. */
async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await withinMs(SCRAPE_MS, 'Redis', work)
  } catch {
    // The gauge keeps its last value; readiness tells that Redis is away.
  }
}
