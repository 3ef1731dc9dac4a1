/** Draining: one worker process takes a stretch out of a backlog, while somebody keeps asking for the status of events. */
import { countDeadLetters, readBacklog, keys } from '@manifold/store'
import type { Percentiles } from '../measure/percentiles.ts'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { startMeter } from '../measure/meter.ts'
import { untilReached } from '../stage/ledger.ts'
import { inScope } from '../stage/scope.ts'
import type { Backlog } from './backlog-fill.ts'
import type { Bench } from './suite.ts'

export type Stretch = {
  /** Delivered before the clock runs: compiled code and open connections. */
  readonly skip: number
  readonly deliveries: number
  readonly readsMs: number
}

export type Drained = {
  readonly deliveriesPerSecond: number
  /** Of `GET /v1/events/:id` meanwhile. */
  readonly statusMs: Percentiles
  readonly othersShare: number
}

const READS_PER_SECOND = 20
const READ_EVENTS = 500

/** Starts a worker, measures the stretch, and stops the worker. @returns also how many deliveries it made in all */
export function drain(
  bench: Bench,
  { redis, manifold, producer }: Backlog,
  { skip, deliveries, readsMs }: Stretch,
): Promise<{ readonly drained: Drained; readonly delivered: number }> {
  const { receiver, load } = bench
  const count = async () => (await receiver.counts()).distinct
  return inScope(async (scope) => {
    await receiver.forget()
    const eventIds = [...(await redis.store.redis.zrandmember(keys.events, READ_EVENTS))]
    const worker = await manifold.worker(scope)
    await untilReached('deliveries to be made', skip, count)
    const readMeter = startMeter({ producer, worker, redis, receiver, load })
    const [before, startedMs] = [await count(), monotonicMs()]
    const draining = untilReached('deliveries to be made', skip + deliveries, count).then(async () => {
      const [after, endedMs, { othersShare }] = [await count(), monotonicMs(), readMeter()]
      return { deliveriesPerSecond: ((after - before) * 1_000) / (endedMs - startedMs), othersShare }
    })
    const reading = load.readSteadily(`http://127.0.0.1:${String(producer.port)}`, eventIds, {
      ratePerSecond: READS_PER_SECOND,
      durationMs: readsMs,
    })
    const [stretch, reads] = await Promise.all([draining, reading])
    await worker.stop()
    return { drained: { ...stretch, statusMs: reads.latencyMs }, delivered: await count() }
  })
}

/** What was delivered and what still waits is what was accepted. @throws when it is not */
export async function expectRest({ redis, manifold, deliveries }: Backlog, delivered: number): Promise<void> {
  const backlogs = await Promise.all(manifold.targets.map((target) => readBacklog(redis.store, target)))
  const dead = await Promise.all(manifold.targets.map((target) => countDeadLetters(redis.store, target)))
  const rest = backlogs.reduce((sum, { waiting, delayed, inFlight }) => sum + waiting + delayed + inFlight, 0)
  const buried = dead.reduce((sum, one) => sum + one, 0)
  if (delivered + rest !== deliveries || buried > 0) {
    throw new Error(
      `the counts do not add up: ${String(delivered)} delivered, ${String(rest)} waiting and ${String(buried)} dead of ${String(deliveries)}`,
    )
  }
}
