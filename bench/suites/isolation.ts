/** Isolation: what two targets notice of a third one that takes requests and never answers. */
import { alternate } from '../measure/alternate.ts'
import { figure, medianOf, percent, withSpan } from '../measure/summary.ts'
import { judge } from '../measure/verdict.ts'
import { steadyLoad } from './steady-load.ts'
import { measureSteadily, type SteadyRound } from './steady-round.ts'
import { DATA_BYTES, type Suite } from './suite.ts'

const HANGING = 'beta'
const OTHERS = ['alpha', 'gamma']

export const isolation: Suite = {
  name: 'isolation',
  title: 'Isolation',
  run: async (bench) => {
    // Longer than a target's time limit (15 s), so that time-outs, retries and the breaker are in it.
    const load = await steadyLoad(bench, 15_000)
    const workers = 'one-per-target' as const
    const tell = (side: string) => (round: SteadyRound) => {
      bench.say(`${side}: p99 of the others ${figure(p99(round))} ms, others ${percent(round.othersShare)}`)
      return round
    }
    const { first: healthy, second: hanging } = await alternate(
      bench.quick ? 1 : 3,
      () => measureSteadily(bench, { ...load, workers }).then(tell('all healthy')),
      () => measureSteadily(bench, { ...load, workers, hanging: HANGING }).then(tell(`${HANGING} hanging`)),
    )
    return {
      settings: { rounds: healthy.length, ...load, targets: 3, workerProcesses: 3, dataBytes: DATA_BYTES },
      tables: [
        {
          title: `From the POST to the receipt by ${OTHERS.join(' and ')}, ms; median of the rounds (and their span)`,
          columns: ['', 'p50', 'p99', 'others on the machine'],
          rows: [row('all healthy', healthy), row(`${HANGING} hanging`, hanging)],
        },
      ],
      verdicts: [
        judge(
          'p99 of the others, against all healthy',
          '×',
          { kind: 'at-most', value: 1.2 },
          medianOf(hanging, p99) / medianOf(healthy, p99),
        ),
      ],
      notMeasured: [
        'Several targets in one worker process: they share its event loop, and its limits.',
        'A target that is slow rather than dead, or that answers with errors.',
      ],
      rounds: { healthy, hanging },
    }
  },
}

/** The worse one of the targets that answer on both sides. */
function p99(round: SteadyRound): number {
  return Math.max(...OTHERS.map((target) => round.byTarget[target]?.p99 ?? NaN))
}

function p50(round: SteadyRound): number {
  return Math.max(...OTHERS.map((target) => round.byTarget[target]?.p50 ?? NaN))
}

function row(side: string, rounds: readonly SteadyRound[]): string[] {
  return [
    side,
    withSpan(rounds.map(p50)),
    withSpan(rounds.map(p99)),
    percent(medianOf(rounds, (round) => round.othersShare)),
  ]
}
