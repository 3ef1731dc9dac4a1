/**
 * One round under a steady load: events at a constant rate, and for each delivery the time from the moment its event was sent
 * to the moment it arrived.
 */
import { deliveryId } from '@manifold/domain'
import { startMeter } from '../measure/meter.ts'
import { percentilesOf, type Percentiles } from '../measure/percentiles.ts'
import { expectAllDelivered, expectDelivered, untilReached, untilSettled } from '../stage/ledger.ts'
import { setUpManifold } from '../stage/manifold.ts'
import { startRedis } from '../stage/redis.ts'
import { inScope } from '../stage/scope.ts'
import { DATA_BYTES, type Bench } from './suite.ts'

export type SteadyLoad = {
  readonly eventsPerSecond: number
  readonly warmUpMs: number
  readonly durationMs: number
  /** One process for all targets, or one for each. */
  readonly workers: 'shared' | 'one-per-target'
  /** A target that takes requests and never answers. */
  readonly hanging?: string
}

export type SteadyRound = {
  /** Of the targets that answer. */
  readonly latencyMs: Percentiles
  readonly byTarget: Readonly<Record<string, Percentiles>>
  /** How late the generator itself was. */
  readonly latenessMs: Percentiles
  readonly othersShare: number
}

/** At the end of a round nobody waits for what hangs. */
const SHORT_DRAIN = { MANIFOLD_DRAIN_MS: '500' }

/** Measures from the POST to the receipt; every event must arrive at every target that answers. */
export function measureSteadily(bench: Bench, steady: SteadyLoad): Promise<SteadyRound> {
  const { receiver, load } = bench
  return inScope(async (scope) => {
    const redis = await startRedis(scope, bench.folder)
    const manifold = setUpManifold({ ...bench, redis, environment: SHORT_DRAIN })
    const producer = await manifold.producer(scope)
    const groups =
      steady.workers === 'shared' ? [manifold.targets] : manifold.targets.map((target) => [target])
    const workers = await Promise.all(groups.map((targets) => manifold.worker(scope, targets)))
    const origin = `http://127.0.0.1:${String(producer.port)}`
    const post = (durationMs: number) =>
      load.postSteadily(origin, DATA_BYTES, { ratePerSecond: steady.eventsPerSecond, durationMs })

    const warmUp = await post(steady.warmUpMs)
    await untilSettled(redis.store, warmUp.sent.length)
    await receiver.forget()
    const { hanging } = steady
    if (hanging !== undefined) {
      await receiver.behave(hanging, '/hang')
      scope.defer(() => receiver.behave(hanging, undefined))
    }

    const named = workers.map((worker, index) => [`worker ${String(index + 1)}`, worker] as const)
    const readMeter = startMeter({ producer, redis, receiver, load, ...Object.fromEntries(named) })
    const { sent, latenessMs } = await post(steady.durationMs)
    const { othersShare } = readMeter()

    const answering = manifold.targets.filter((target) => target !== hanging)
    const expected = { store: redis.store, receiver, events: sent.length, targets: answering }
    if (hanging === undefined) {
      await untilSettled(redis.store, warmUp.sent.length + sent.length)
      await expectAllDelivered(expected)
    } else {
      await untilReached(
        'deliveries to be made to those that answer',
        sent.length * answering.length,
        async () => {
          const { byTarget } = await receiver.counts()
          return answering.reduce((sum, target) => sum + (byTarget[target] ?? 0), 0)
        },
      )
      await expectDelivered(expected)
    }
    const byTarget = latencies(sent, await receiver.arrivals(), answering)
    return {
      latencyMs: percentilesOf(Object.values(byTarget).flat()),
      byTarget: Object.fromEntries(
        Object.entries(byTarget).map(([target, values]) => [target, percentilesOf(values)]),
      ),
      latenessMs,
      othersShare,
    }
  })
}

/** From sending to arrival, of every event at every target. @throws when one did not arrive */
function latencies(
  sent: readonly (readonly [string, number])[],
  arrivals: ReadonlyMap<string, number>,
  targets: readonly string[],
): Record<string, number[]> {
  const of = (target: string) =>
    sent.map(([eventId, sentMs]) => {
      const arrivedMs = arrivals.get(deliveryId(eventId, target))
      if (arrivedMs === undefined) throw new Error(`${eventId} did not arrive at ${target}`)
      return arrivedMs - sentMs
    })
  return Object.fromEntries(targets.map((target) => [target, of(target)]))
}
