/**
 * Memory: whether producer, worker and Redis stop growing while events pass through them and are forgotten.
 *
 * Events are kept for a second after they are settled, so that Redis holds what is under way and nothing else.
 */
import { countDeadLetters, keys, outboxSize } from '@manifold/store'
import { flatnessOf, type Flatness } from '../measure/flatness.ts'
import { residentBytes } from '../measure/process-cost.ts'
import { figure } from '../measure/summary.ts'
import { judge, type Verdict } from '../measure/verdict.ts'
import { untilReached } from '../stage/ledger.ts'
import { setUpManifold } from '../stage/manifold.ts'
import { startRedis } from '../stage/redis.ts'
import { inScope } from '../stage/scope.ts'
import { lineChart } from '../plot.ts'
import { CONNECTIONS, DATA_BYTES, type Bench, type Plot, type Suite } from './suite.ts'

const MEBIBYTE = 2 ** 20
const FORGETTING = { MANIFOLD_RETENTION_SETTLED_MS: '1000', MANIFOLD_JANITOR_MS: '1000' }

type Sample = {
  readonly requests: number
  readonly producerMiB: number
  readonly workerMiB: number
  readonly redisMiB: number
}

export const memory: Suite = {
  name: 'memory',
  title: 'Memory',
  run: async (bench) => {
    const [requests, step] = bench.quick ? [3_000, 500] : [500_000, 10_000]
    const samples = await sampleWhilePassing(bench, requests, step)
    const flatness = (figureOf: (sample: Sample) => number) => flatnessOf(samples.map(figureOf))
    const producer = flatness((sample) => sample.producerMiB)
    const worker = flatness((sample) => sample.workerMiB)
    const redis = flatness((sample) => sample.redisMiB)
    const first = samples[0]
    return {
      settings: {
        requests,
        deliveries: requests,
        sampledEvery: step,
        targets: 3,
        targetsPerEvent: 1,
        dataBytes: DATA_BYTES,
      },
      tables: [
        {
          title: 'Resident memory of a process, and used memory of Redis, MiB',
          columns: [
            '',
            `after the first ${figure(step)}`,
            'median of the second third',
            'median of the last third',
          ],
          rows: [
            row('producer', first?.producerMiB, producer),
            row('worker', first?.workerMiB, worker),
            row('Redis', first?.redisMiB, redis),
          ],
        },
      ],
      verdicts: [isFlat('producer', producer), isFlat('worker', worker)],
      notMeasured: [
        'Days: a leak of less than a tenth in the last third of this run is not seen.',
        'Large events and large answers, whose buffers come on top.',
      ],
      rounds: samples,
      plots: [plotOf(samples)],
    }
  },
}

/** Posts step by step, each event for one of the targets in turn, and samples when each step has been delivered. */
function sampleWhilePassing(bench: Bench, requests: number, step: number): Promise<Sample[]> {
  return inScope(async (scope) => {
    const redis = await startRedis(scope, bench.folder)
    const manifold = setUpManifold({ ...bench, redis, environment: FORGETTING })
    const producer = await manifold.producer(scope)
    const worker = await manifold.worker(scope)
    const samples: Sample[] = []
    for (let posted = step; posted <= requests; posted += step) {
      await bench.load.post({
        origin: `http://127.0.0.1:${String(producer.port)}`,
        connections: CONNECTIONS,
        events: step,
        dataBytes: DATA_BYTES,
        targets: manifold.targets,
      })
      await untilReached(
        'deliveries to be made',
        posted,
        async () => (await bench.receiver.counts()).distinct,
      )
      const sample = {
        requests: posted,
        producerMiB: residentBytes(producer.pid) / MEBIBYTE,
        workerMiB: residentBytes(worker.pid) / MEBIBYTE,
        redisMiB: (await redis.usedMemoryBytes()) / MEBIBYTE,
      }
      samples.push(sample)
      const { producerMiB, workerMiB, redisMiB } = sample
      bench.say(
        `${figure(posted)}: producer ${figure(producerMiB)}, worker ${figure(workerMiB)}, Redis ${figure(redisMiB)} MiB`,
      )
    }
    const { total } = await bench.receiver.counts()
    if (total !== requests) throw new Error(`${String(total)} deliveries of ${String(requests)} events`)
    await untilReached(
      'forgotten events',
      requests,
      async () => requests - (await redis.store.redis.zcard(keys.events)),
    )
    const dead = await Promise.all(manifold.targets.map((target) => countDeadLetters(redis.store, target)))
    const left = (await outboxSize(redis.store)) + dead.reduce((sum, one) => sum + one, 0)
    if (left > 0) throw new Error(`${String(left)} entries are left on the outbox or as dead letters`)
    return samples
  })
}

function plotOf(samples: readonly Sample[]): Plot {
  const title = 'Memory while events pass through'
  const svg = lineChart({
    title,
    xLabel: 'requests, one delivery each',
    yLabel: 'MiB',
    x: samples.map((sample) => sample.requests),
    lines: [
      { name: 'producer', y: samples.map((sample) => sample.producerMiB) },
      { name: 'worker', y: samples.map((sample) => sample.workerMiB) },
      { name: 'Redis', y: samples.map((sample) => sample.redisMiB) },
    ],
  })
  return { file: 'memory.svg', title, svg }
}

function isFlat(what: string, { ratio }: Flatness): Verdict {
  const changePercent = Math.abs(ratio - 1) * 100
  return judge(
    `${what}, last third against second`,
    '% change',
    { kind: 'at-most', value: 10 },
    changePercent,
  )
}

function row(what: string, first: number | undefined, { secondThird, lastThird }: Flatness): string[] {
  return [what, figure(first ?? NaN), figure(secondThird), figure(lastThird)]
}
