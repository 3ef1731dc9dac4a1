/**
 * Backlog: a million deliveries wait while nobody works. What they cost Redis, whether the status is still there for who asks,
 * and whether the deep end drains as fast as a small backlog does.
 */
import { alternate } from '../measure/alternate.ts'
import { figure, medianOf, percent, withSpan } from '../measure/summary.ts'
import { judge } from '../measure/verdict.ts'
import { inScope } from '../stage/scope.ts'
import { drain, expectRest, type Drained, type Stretch } from './backlog-drain.ts'
import { fillBacklog } from './backlog-fill.ts'
import { DATA_BYTES, type Bench, type Suite } from './suite.ts'

const ALLOWED_BYTES = 500 + DATA_BYTES / 3

const FULL = {
  rounds: 3,
  deep: { backlog: 1_000_000, skip: 5_000, deliveries: 60_000, readsMs: 15_000 },
  small: { backlog: 30_000, skip: 5_000, deliveries: 22_000, readsMs: 5_000 },
}
const QUICK = {
  rounds: 1,
  deep: { backlog: 6_000, skip: 500, deliveries: 2_500, readsMs: 1_000 },
  small: { backlog: 3_000, skip: 500, deliveries: 2_000, readsMs: 1_000 },
}

export const backlog: Suite = {
  name: 'backlog',
  title: 'Backlog',
  run: (bench) =>
    inScope(async (scope) => {
      const { rounds, deep, small } = bench.quick ? QUICK : FULL
      const waiting = await fillBacklog(scope, bench, deep.backlog)
      bench.say(`${figure(waiting.redisBytesPerDelivery)} bytes of Redis for each waiting delivery`)
      let delivered = 0
      const deepRound = async () => {
        const stretch = await drain(bench, waiting, deep)
        delivered += stretch.delivered
        return tell(bench, 'deep', stretch.drained)
      }
      const { first, second } = await alternate(rounds, deepRound, () => drainSmall(bench, small))
      await expectRest(waiting, delivered)
      const ratio =
        medianOf(first, (round) => round.deliveriesPerSecond) /
        medianOf(second, (round) => round.deliveriesPerSecond)
      return {
        settings: {
          rounds,
          deepBacklog: waiting.deliveries,
          deepStretch: deep.deliveries,
          smallBacklog: small.backlog,
          smallStretch: small.deliveries,
          targets: 3,
          dataBytes: DATA_BYTES,
        },
        tables: [
          {
            title: 'Draining with one worker process; median of the rounds (and their span)',
            columns: ['backlog', 'deliveries/s', 'status p50 ms', 'status p99 ms', 'others on the machine'],
            rows: [row(waiting.deliveries, first), row(small.backlog, second)],
          },
        ],
        verdicts: [
          judge(
            'Redis memory for each waiting delivery',
            'bytes',
            { kind: 'at-most', value: ALLOWED_BYTES },
            waiting.redisBytesPerDelivery,
          ),
          judge(
            'p99 of a status read while the deep end drains',
            'ms',
            { kind: 'below', value: 20 },
            medianOf(first, (round) => round.statusMs.p99),
          ),
          judge(
            'drain rate at the deep end, against the small backlog',
            '×',
            { kind: 'at-least', value: 0.9 },
            ratio,
          ),
        ],
        notMeasured: [
          'Redis beyond its memory: a backlog that does not fit is refused at the door, which is another test.',
          'The whole drain: three stretches at the deep end of it.',
        ],
        rounds: { redisBytesPerDelivery: waiting.redisBytesPerDelivery, deep: first, small: second },
      }
    }),
}

/** Drains a backlog of its own to the end. */
function drainSmall(bench: Bench, small: Stretch & { readonly backlog: number }): Promise<Drained> {
  return inScope(async (scope) => {
    const waiting = await fillBacklog(scope, bench, small.backlog)
    const { drained, delivered } = await drain(bench, waiting, small)
    await expectRest(waiting, delivered)
    return tell(bench, 'small', drained)
  })
}

function tell(bench: Bench, which: string, drained: Drained): Drained {
  const rate = `${figure(drained.deliveriesPerSecond)} deliveries/s, status p99 ${figure(drained.statusMs.p99)} ms`
  bench.say(`${which}: ${rate}, others ${percent(drained.othersShare)}`)
  return drained
}

function row(waiting: number, rounds: readonly Drained[]): string[] {
  return [
    waiting.toLocaleString('en-US'),
    withSpan(rounds.map((round) => round.deliveriesPerSecond)),
    withSpan(rounds.map((round) => round.statusMs.p50)),
    withSpan(rounds.map((round) => round.statusMs.p99)),
    percent(medianOf(rounds, (round) => round.othersShare)),
  ]
}
