/**
 * Gauges of what all processes share: queues, dead letters, breakers, outbox, Redis itself. Read when they are scraped, all
 * of them in two round trips. While Redis is away they keep their last values, and `manifold_redis_up` is 0.
 */
import { Gauge, withinMs, type Registry } from '@manifold/runtime'
import {
  readStoreFacts,
  removedTargetNames,
  type Store,
  type StoreFacts,
  type TargetFacts,
} from '@manifold/store'
import { oldestWaitingAgeMs } from './oldest-waiting.ts'
import type { Queues } from './queues.ts'

const SCRAPE_MS = 1_000

const BREAKER_STATES = ['closed', 'open', 'half-open'] as const

export type QueueGaugesDeps = {
  readonly registry: Registry
  readonly store: Store
  readonly queues: Queues
  /** Their names, asked at each scrape. */
  readonly targets: () => readonly string[]
}

type Reading = {
  readonly facts: StoreFacts
  readonly oldestMs: ReadonlyMap<string, number>
  /** Of targets that are in no config any more. */
  readonly removed: ReadonlyMap<string, TargetFacts>
}

/** Registers them; what is no longer a target is no longer shown. */
export function registerQueueGauges({ registry, store, queues, targets }: QueueGaugesDeps): void {
  const read = async (): Promise<Reading> => {
    const names = targets()
    const [facts, removedNames] = await Promise.all([readStoreFacts(store, names), removedTargetNames(store)])
    // One that is back is noted a moment later.
    const gone = removedNames.filter((name) => !names.includes(name))
    const [oldestMs, removed] = await Promise.all([
      ofEach(names, (name) => oldestWaitingAgeMs(queues, name, facts.nowMs)),
      gone.length === 0 ? undefined : readStoreFacts(store, gone),
    ])
    return { facts, oldestMs, removed: removed?.targets ?? new Map() }
  }
  const gauge = gaugesOf(registry, once(read))

  gauge('manifold_queue_depth', DEPTH_HELP, ['target', 'state'], (self, { facts }) => {
    for (const [target, { backlog }] of facts.targets) {
      self.set({ target, state: 'waiting' }, backlog.waiting)
      self.set({ target, state: 'delayed' }, backlog.delayed)
      self.set({ target, state: 'in_flight' }, backlog.inFlight)
    }
  })
  gauge('manifold_oldest_waiting_seconds', OLDEST_HELP, ['target'], (self, { oldestMs }) => {
    for (const [target, ageMs] of oldestMs) self.set({ target }, ageMs / 1_000)
  })
  gauge('manifold_dead_letters', DEAD_HELP, ['target'], (self, { facts, removed }) => {
    for (const [target, { deadLetters }] of facts.targets) self.set({ target }, deadLetters)
    for (const [target, { deadLetters }] of removed) if (deadLetters > 0) self.set({ target }, deadLetters)
  })
  gauge('manifold_breaker_state', BREAKER_HELP, ['target', 'state'], (self, { facts }) => {
    for (const [target, { breaker }] of facts.targets)
      for (const state of BREAKER_STATES) self.set({ target, state }, state === breaker ? 1 : 0)
  })
  gauge('manifold_removed_target_backlog', REMOVED_HELP, ['target'], (self, { removed }) => {
    for (const [target, { backlog }] of removed)
      self.set({ target }, backlog.waiting + backlog.delayed + backlog.inFlight)
  })
  gauge('manifold_outbox_entries', OUTBOX_HELP, [], (self, { facts }) => {
    self.set(facts.outboxEntries)
  })
  gauge('manifold_outbox_oldest_seconds', OUTBOX_AGE_HELP, [], (self, { facts }) => {
    self.set(facts.outboxOldestAgeMs / 1_000)
  })
  gauge('manifold_redis_memory_used_bytes', USED_HELP, [], (self, { facts }) => {
    if (facts.memory !== undefined) self.set(facts.memory.usedBytes)
  })
  gauge('manifold_redis_memory_max_bytes', MAX_HELP, [], (self, { facts }) => {
    if (facts.memory !== undefined) self.set(facts.memory.maxBytes)
  })
  gauge('manifold_redis_round_trip_seconds', ROUND_TRIP_HELP, [], (self, { facts }) => {
    self.set(facts.roundTripMs / 1_000)
  })
  gauge(
    'manifold_redis_up',
    '1 while Redis answers this process within a second',
    [],
    (self) => {
      self.set(1)
    },
    (self) => {
      self.set(0)
    },
  )
}

const DEPTH_HELP = 'Deliveries by target and state: waiting, delayed, in_flight'
const OLDEST_HELP =
  'How long the oldest delivery that could be attempted has been waiting for it; 0 when none waits'
const DEAD_HELP = 'Dead letters by target, also of targets that are in no config any more'
const BREAKER_HELP = '1 for the state the circuit breaker of a target is in: closed, open or half-open'
const REMOVED_HELP = 'Deliveries that wait for a target which is in no config any more'
const OUTBOX_HELP = 'Accepted, replayed or discarded, and not yet confirmed on the queues'
const OUTBOX_AGE_HELP = 'How long the oldest entry of the outbox has been there; 0 when it is empty'
const USED_HELP = 'Memory that Redis uses of its maxmemory'
const MAX_HELP = 'maxmemory of Redis; 0 when it has none'
const ROUND_TRIP_HELP = 'How long Redis took to answer what this scrape asked'

async function ofEach(
  names: readonly string[],
  read: (name: string) => Promise<number>,
): Promise<ReadonlyMap<string, number>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)))
}

/** Those that are read in one scrape share one reading; so does a scrape that comes while Redis keeps the last one waiting. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined
  return () =>
    (reading ??= read().finally(() => {
      reading = undefined
    }))
}

type Show = (gauge: Gauge, reading: Reading) => void

function gaugesOf(registry: Registry, read: () => Promise<Reading>) {
  return (
    name: string,
    help: string,
    labelNames: string[],
    show: Show,
    onAway: (gauge: Gauge) => void = () => undefined,
  ): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: async () => {
        try {
          // A scrape must not fail, nor hang, because Redis does.
          const reading = await withinMs(SCRAPE_MS, 'Redis', read())
          gauge.reset()
          show(gauge, reading)
        } catch {
          onAway(gauge)
        }
      },
    })
  }
}
