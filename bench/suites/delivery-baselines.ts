/** One round of the delivery suite's baselines: bare BullMQ workers, and the floor below them. */
import { z } from 'zod'
import { BASELINE_QUEUES } from '../baselines/delivery-queue.ts'
import { startMeter } from '../measure/meter.ts'
import { startProgram } from '../stage/program.ts'
import { startRedis } from '../stage/redis.ts'
import { inScope } from '../stage/scope.ts'
import { toRound, type DeliveryLoad, type DeliveryRound } from './delivery-round.ts'
import { DATA_BYTES, type Bench } from './suite.ts'

const added = z.object({ startedMs: z.number() })
const done = z.object({ lastCompletedMs: z.number() })
const took = z.object({ startedMs: z.number(), endedMs: z.number() })

/** `addBulk` → worker → POST, from the first job added to the last one completed. */
export function measureBareWorkers(
  bench: Bench,
  { events, warmUpEvents }: DeliveryLoad,
): Promise<DeliveryRound> {
  return inScope(async (scope) => {
    const redis = await startRedis(scope, bench.folder)
    const environment = { REDIS_URL: redis.url, BENCH_SINK_URL: `${bench.receiver.url}/sink` }
    const start = (entry: string) => startProgram(scope, bench.folder, { entry, environment })
    const worker = await start('bench/baselines/delivery-worker.ts')
    const adder = await start('bench/baselines/delivery-adder.ts')
    const targets = BASELINE_QUEUES.length
    await bench.receiver.forget()
    await adder.ask({ perQueue: warmUpEvents, dataBytes: DATA_BYTES }, added)
    await worker.ask({ completed: warmUpEvents * targets }, done)

    const total = (warmUpEvents + events) * targets
    const readMeter = startMeter({ adder, worker, redis, receiver: bench.receiver })
    const completed = worker.ask({ completed: total }, done)
    const adding = adder.ask({ perQueue: events, dataBytes: DATA_BYTES }, added)
    const [{ startedMs }, { lastCompletedMs }] = await Promise.all([adding, completed])
    const usage = readMeter()

    const { distinct } = await bench.receiver.counts()
    if (distinct !== total) throw new Error(`the baseline delivered ${String(distinct)} of ${String(total)}`)
    return toRound(events * targets, lastCompletedMs - startedMs, usage)
  })
}

/** Requests alone. */
export function measureFloor(bench: Bench, { events, warmUpEvents }: DeliveryLoad): Promise<DeliveryRound> {
  return inScope(async (scope) => {
    const environment = { BENCH_SINK_URL: `${bench.receiver.url}/sink` }
    const floor = await startProgram(scope, bench.folder, { entry: 'bench/baselines/floor.ts', environment })
    const targets = BASELINE_QUEUES.length
    await bench.receiver.forget()
    await floor.ask({ deliveries: warmUpEvents * targets, dataBytes: DATA_BYTES }, took)
    const readMeter = startMeter({ worker: floor, receiver: bench.receiver })
    const reply = await floor.ask({ deliveries: events * targets, dataBytes: DATA_BYTES }, took)
    const usage = readMeter()
    const { total } = await bench.receiver.counts()
    const expected = (warmUpEvents + events) * targets
    if (total !== expected) throw new Error(`the floor delivered ${String(total)} of ${String(expected)}`)
    return toRound(events * targets, reply.endedMs - reply.startedMs, usage)
  })
}
