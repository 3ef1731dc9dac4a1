/**
 * Facts about the store for whoever measures it: backlog, dead letters and breaker of each target, outbox, memory. All of
 * it in one round trip, which is timed: how long Redis takes is a fact as well.
 */
import { readBacklogCounts, type Backlog } from './backlog.ts'
import type { BreakerView } from './breaker.ts'
import { keys } from './keys.ts'
import { readMemory, type StoreMemory } from './memory.ts'
import type { Store } from './store.ts'

export type TargetFacts = {
  readonly backlog: Backlog
  readonly deadLetters: number
  readonly breaker: BreakerView['state']
}

export type StoreFacts = {
  /** By Redis's clock. */
  readonly nowMs: number
  readonly roundTripMs: number
  readonly targets: ReadonlyMap<string, TargetFacts>
  readonly outboxEntries: number
  /** 0 when there is none. */
  readonly outboxOldestAgeMs: number
  /** Of the node that holds the store. `undefined` where Redis does not tell; `maxBytes` is 0 without a limit. */
  readonly memory: StoreMemory | undefined
}

const COMMANDS_EACH = 3

/** Reads the facts. @throws when Redis is away */
export async function readStoreFacts(store: Store, targets: readonly string[]): Promise<StoreFacts> {
  const pipeline = store.redis.pipeline()
  // Its key sends the pipeline to the node of the store, where Redis is a cluster.
  pipeline.zcard(keys.outbox)
  pipeline.zrange(keys.outbox, '0', '0', 'WITHSCORES')
  pipeline.time()
  pipeline.info('memory')
  for (const target of targets) {
    pipeline.hmget(keys.backlog(target), 'waiting', 'delayed', 'inFlight')
    pipeline.zcard(keys.deadLettersOf(target))
    pipeline.hget(keys.breaker(target), 'state')
  }
  const startedAtMs = performance.now()
  const replies = (await pipeline.exec()) ?? []
  const roundTripMs = performance.now() - startedAtMs

  const [size, oldest, time, memory, ...ofTargets] = replies
  const nowMs = Math.floor(Number(valueAt(time, 0)) * 1_000 + Number(valueAt(time, 1)) / 1_000)
  const oldestAtMs = valueAt(oldest, 1)
  return {
    nowMs,
    roundTripMs,
    targets: new Map(
      targets.map((target, index) => {
        const [backlog, dead, breaker] = ofTargets.slice(index * COMMANDS_EACH)
        return [target, readTarget(valueOf(backlog), valueOf(dead), valueOf(breaker))]
      }),
    ),
    outboxEntries: Number(valueOf(size)),
    outboxOldestAgeMs: oldestAtMs === undefined ? 0 : Math.max(0, nowMs - Number(oldestAtMs)),
    memory: memory?.[0] === null ? readMemory(String(memory[1])) : undefined,
  }
}

type Reply = readonly [error: Error | null, value: unknown] | undefined

function valueOf(reply: Reply): unknown {
  if (reply === undefined) throw new Error('a pipeline without a reply')
  if (reply[0] !== null) throw reply[0]
  return reply[1]
}

function valueAt(reply: Reply, index: number): unknown {
  const value = valueOf(reply)
  return Array.isArray(value) ? (value as unknown[])[index] : undefined
}

function readTarget(counts: unknown, dead: unknown, breaker: unknown): TargetFacts {
  return {
    backlog: readBacklogCounts(Array.isArray(counts) ? (counts as unknown[]) : []),
    deadLetters: Number(dead),
    breaker: breaker === 'open' || breaker === 'half-open' ? breaker : 'closed',
  }
}
