/** A backlog: deliveries that were accepted while nobody worked, and what each of them costs Redis. */
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { figure } from '../measure/summary.ts'
import { expectAccepted, untilOutboxEmpty } from '../stage/ledger.ts'
import { setUpManifold, type Manifold } from '../stage/manifold.ts'
import type { Program } from '../stage/program.ts'
import { startRedis, type BenchRedis } from '../stage/redis.ts'
import type { Scope } from '../stage/scope.ts'
import { CONNECTIONS, DATA_BYTES, type Bench } from './suite.ts'

export type Backlog = {
  readonly redis: BenchRedis
  readonly manifold: Manifold
  readonly producer: Program
  readonly deliveries: number
  readonly redisBytesPerDelivery: number
}

const TARGETS = 3
const CHUNK = 20_000

/** Posts until that many deliveries wait, give or take two. The backlog lives as long as the scope. */
export async function fillBacklog(scope: Scope, bench: Bench, atLeast: number): Promise<Backlog> {
  const redis = await startRedis(scope, bench.folder)
  const manifold = setUpManifold({ ...bench, redis, targetCount: TARGETS })
  const producer = await manifold.producer(scope)
  const emptyBytes = await redis.usedMemoryBytes()
  const events = Math.ceil(atLeast / TARGETS)
  const startedMs = monotonicMs()
  for (let posted = 0; posted < events; posted += CHUNK) {
    await bench.load.post({
      origin: `http://127.0.0.1:${String(producer.port)}`,
      connections: CONNECTIONS,
      events: Math.min(CHUNK, events - posted),
      dataBytes: DATA_BYTES,
    })
    if (events > CHUNK) {
      const seconds = (monotonicMs() - startedMs) / 1_000
      bench.say(`backlog: ${figure(Math.min(posted + CHUNK, events))} events after ${figure(seconds)} s`)
    }
  }
  await untilOutboxEmpty(redis.store)
  await expectAccepted(redis.store, events, manifold.targets)
  const deliveries = events * TARGETS
  const redisBytesPerDelivery = ((await redis.usedMemoryBytes()) - emptyBytes) / deliveries
  return { redis, manifold, producer, deliveries, redisBytesPerDelivery }
}
