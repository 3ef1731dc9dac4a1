/** One round of the intake, on either side: posted as fast as 64 connections can, on a Redis of its own. */
import { outboxSize } from '@manifold/store'
import { repeat } from '@manifold/runtime'
import { microsEach, startMeter } from '../measure/meter.ts'
import { expectAccepted, untilOutboxEmpty } from '../stage/ledger.ts'
import { setUpManifold } from '../stage/manifold.ts'
import { startProgram } from '../stage/program.ts'
import { startRedis, type BenchRedis } from '../stage/redis.ts'
import { inScope, type Scope } from '../stage/scope.ts'
import { CONNECTIONS, DATA_BYTES, type Bench } from './suite.ts'

export type IntakeRound = {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMicrosPerRequest: Readonly<Record<string, number>>
  readonly othersShare: number
  /** Accepted and not yet on the queues: the most that was seen, and how long it took behind the last answer. */
  readonly outboxMax: number
  readonly outboxBehindMs: number
}

const LOOK_MS = 100

/** The producer, without workers; over when everything accepted is on the queues. */
export function measureManifoldIntake(bench: Bench, requests: number, warmUp: number): Promise<IntakeRound> {
  return inScope(async (scope) => {
    const redis = await startRedis(scope, bench.folder)
    const manifold = setUpManifold({ ...bench, redis })
    const producer = await manifold.producer(scope)
    const round = await measure(bench, { scope, redis, producer, requests, warmUp })
    await expectAccepted(redis.store, requests + warmUp, manifold.targets)
    return round
  })
}

/** The same load on the baseline. */
export function measureBaselineIntake(bench: Bench, requests: number, warmUp: number): Promise<IntakeRound> {
  return inScope(async (scope) => {
    const redis = await startRedis(scope, bench.folder)
    const environment = { REDIS_URL: redis.url }
    const producer = await startProgram(scope, bench.folder, {
      entry: 'bench/baselines/intake.ts',
      environment,
    })
    const round = await measure(bench, { scope, redis, producer, requests, warmUp })
    const kept = await redis.store.redis.dbsize()
    if (kept !== requests + warmUp) throw new Error(`the baseline kept ${String(kept)} events`)
    return round
  })
}

type Measured = {
  readonly scope: Scope
  readonly redis: BenchRedis
  readonly producer: { readonly pid: number; readonly port: number }
  readonly requests: number
  readonly warmUp: number
}

async function measure(
  bench: Bench,
  { scope, redis, producer, requests, warmUp }: Measured,
): Promise<IntakeRound> {
  const job = {
    origin: `http://127.0.0.1:${String(producer.port)}`,
    connections: CONNECTIONS,
    dataBytes: DATA_BYTES,
  }
  await bench.load.post({ ...job, events: warmUp })
  await untilOutboxEmpty(redis.store)

  let outboxMax = 0
  const look = async () => {
    outboxMax = Math.max(outboxMax, await outboxSize(redis.store))
  }
  const looking = repeat(LOOK_MS, look, (error) => {
    throw error
  })
  scope.defer(() => looking.stop())
  const readMeter = startMeter({ producer, redis, load: bench.load })
  const reply = await bench.load.post({ ...job, events: requests })
  const emptyMs = Math.max(reply.endedMs, await untilOutboxEmpty(redis.store))
  const usage = readMeter()
  return {
    requestsPerSecond: (requests * 1_000) / (emptyMs - reply.startedMs),
    p50Ms: reply.latencyMs.p50,
    p99Ms: reply.latencyMs.p99,
    cpuMicrosPerRequest: microsEach(usage, requests),
    othersShare: usage.othersShare,
    outboxMax,
    outboxBehindMs: emptyMs - reply.endedMs,
  }
}
