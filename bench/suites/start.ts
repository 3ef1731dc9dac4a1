/** Start: from the command to a worker that consumes, and to the first delivery, which was waiting already. */
import { readFileSync } from 'node:fs'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { median } from '../measure/median.ts'
import { figure, withSpan } from '../measure/summary.ts'
import { judge } from '../measure/verdict.ts'
import { expectAllDelivered, untilSettled } from '../stage/ledger.ts'
import { setUpManifold, type Manifold } from '../stage/manifold.ts'
import { launch, stop, type Program } from '../stage/program.ts'
import { startRedis, type BenchRedis } from '../stage/redis.ts'
import { inScope } from '../stage/scope.ts'
import { DATA_BYTES, type Bench, type Suite } from './suite.ts'

const TARGET = 'alpha'
const CONSUMING = 'worker is consuming'

type Start = { readonly consumingMs: number; readonly firstDeliveryMs: number }

export const start: Suite = {
  name: 'start',
  title: 'Start',
  run: (bench) =>
    inScope(async (scope) => {
      const redis = await startRedis(scope, bench.folder)
      const manifold = setUpManifold({ ...bench, redis })
      const producer = await manifold.producer(scope)
      const runs: Start[] = []
      while (runs.length < (bench.quick ? 2 : 7)) {
        const run = await startOnce(bench, { manifold, producer, redis }, runs.length)
        bench.say(
          `consuming after ${figure(run.consumingMs)} ms, delivered after ${figure(run.firstDeliveryMs)} ms`,
        )
        runs.push(run)
      }
      const consuming = runs.map((run) => run.consumingMs)
      return {
        settings: { runs: runs.length, command: `manifold worker --target ${TARGET}` },
        tables: [
          {
            title: 'From the start of the command, ms; median of the runs (and their span)',
            columns: ['worker is consuming', 'first delivery received'],
            rows: [[withSpan(consuming), withSpan(runs.map((run) => run.firstDeliveryMs))]],
          },
        ],
        verdicts: [judge('consuming', 'ms', { kind: 'at-most', value: 700 }, median(consuming))],
        notMeasured: [
          'npm around the command, an empty file cache, and a container that has to be pulled.',
          'The start of Redis and of the producer: both run already.',
        ],
        rounds: runs,
      }
    }),
}

type Running = { readonly manifold: Manifold; readonly producer: Program; readonly redis: BenchRedis }

function startOnce(
  bench: Bench,
  { manifold, producer, redis }: Running,
  settledBefore: number,
): Promise<Start> {
  const { receiver, load, folder } = bench
  return inScope(async (scope) => {
    await receiver.forget()
    await load.post({
      origin: `http://127.0.0.1:${String(producer.port)}`,
      connections: 1,
      events: 1,
      dataBytes: DATA_BYTES,
      targets: [TARGET],
    })
    const spec = {
      entry: 'apps/cli/src/main.ts',
      args: ['worker', '--target', TARGET],
      environment: manifold.environment,
    }
    const atMs = Date.now()
    const startedMs = monotonicMs()
    const { child, logFile } = launch(folder, spec)
    scope.defer(() => stop(child))
    await untilSettled(redis.store, settledBefore + 1)
    await expectAllDelivered({ store: redis.store, receiver, events: 1, targets: [TARGET] })
    const { lastArrivalMs } = await receiver.counts()
    return { consumingMs: consumingAt(logFile) - atMs, firstDeliveryMs: lastArrivalMs - startedMs }
  })
}

/** When the worker said so, by the clock on the wall. @throws when it did not */
function consumingAt(logFile: string): number {
  const line = readFileSync(logFile, 'utf8')
    .split('\n')
    .find((one) => one.includes(CONSUMING))
  const time = /"time":"([^"]+)"/.exec(line ?? '')?.[1]
  if (time === undefined) throw new Error(`the worker did not say "${CONSUMING}"`)
  return Date.parse(time)
}
