/** One round of deliveries through Manifold: posted, fanned out, delivered, settled, and counted. */
import { microsEach, startMeter, type Usage } from '../measure/meter.ts'
import { expectAllDelivered, settledEvents, untilSettled } from '../stage/ledger.ts'
import { setUpManifold } from '../stage/manifold.ts'
import { startRedis } from '../stage/redis.ts'
import { inScope } from '../stage/scope.ts'
import { CONNECTIONS, DATA_BYTES, type Bench } from './suite.ts'

export type DeliveryLoad = {
  readonly events: number
  /** Posted and settled before the clock runs: compiled code and open connections, on both sides. */
  readonly warmUpEvents: number
  readonly targetCount?: number
  readonly workerProcesses?: number
  readonly dataBytes?: number
}

export type DeliveryRound = {
  readonly deliveriesPerSecond: number
  readonly tookMs: number
  readonly cpuMicrosPerDelivery: Readonly<Record<string, number>>
  readonly othersShare: number
}

/** From the first POST to the moment at which the record says that the last event is settled. */
export function measureDelivery(bench: Bench, load: DeliveryLoad): Promise<DeliveryRound> {
  const { events, warmUpEvents, targetCount = 3, workerProcesses = 1, dataBytes = DATA_BYTES } = load
  return inScope(async (scope) => {
    const redis = await startRedis(scope, bench.folder)
    const manifold = setUpManifold({ ...bench, redis, targetCount })
    const producer = await manifold.producer(scope)
    const workers = await Promise.all(Array.from({ length: workerProcesses }, () => manifold.worker(scope)))
    const job = {
      origin: `http://127.0.0.1:${String(producer.port)}`,
      connections: CONNECTIONS,
      dataBytes,
    }
    await bench.receiver.forget()
    await bench.load.post({ ...job, events: warmUpEvents })
    await untilSettled(redis.store, warmUpEvents)

    const processes: Record<string, { pid: number }> = {
      producer,
      redis,
      receiver: bench.receiver,
      load: bench.load,
    }
    workers.forEach((worker, index) => {
      processes[index === 0 ? 'worker' : `worker ${String(index + 1)}`] = worker
    })
    const readMeter = startMeter(processes)
    const settled = untilSettled(redis.store, warmUpEvents + events)
    const [reply, settledMs] = await Promise.all([bench.load.post({ ...job, events }), settled])
    const usage = readMeter()

    const total = warmUpEvents + events
    if ((await settledEvents(redis.store)) !== total)
      throw new Error('more events are settled than were posted')
    await expectAllDelivered({ ...bench, store: redis.store, events: total, targets: manifold.targets })
    return toRound(events * targetCount, settledMs - reply.startedMs, usage)
  })
}

/** The figures of a round, on either side. */
export function toRound(deliveries: number, tookMs: number, usage: Usage): DeliveryRound {
  return {
    deliveriesPerSecond: (deliveries * 1_000) / tookMs,
    tookMs,
    cpuMicrosPerDelivery: microsEach(usage, deliveries),
    othersShare: usage.othersShare,
  }
}
