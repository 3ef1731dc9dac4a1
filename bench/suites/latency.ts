/** Latency: from the POST to the receipt by the target's API, at a fifth of the load that Manifold can take. */
import { figure, medianOf, percent, withSpan } from '../measure/summary.ts'
import { judge } from '../measure/verdict.ts'
import { steadyLoad } from './steady-load.ts'
import { measureSteadily, type SteadyRound } from './steady-round.ts'
import { DATA_BYTES, type Suite } from './suite.ts'

export const latency: Suite = {
  name: 'latency',
  title: 'Latency',
  run: async (bench) => {
    const load = await steadyLoad(bench, 15_000)
    const rounds: SteadyRound[] = []
    for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
      const measured = await measureSteadily(bench, { ...load, workers: 'shared' })
      const { p50, p99 } = measured.latencyMs
      bench.say(`p50 ${figure(p50)} ms, p99 ${figure(p99)} ms, others ${percent(measured.othersShare)}`)
      rounds.push(measured)
    }
    const at = (which: 'p50' | 'p90' | 'p99' | 'max') => rounds.map((round) => round.latencyMs[which])
    return {
      settings: { rounds: rounds.length, ...load, targets: 3, dataBytes: DATA_BYTES },
      tables: [
        {
          title: 'From the POST to the receipt, ms; median of the rounds (and their span)',
          columns: ['p50', 'p90', 'p99', 'max', 'generator late, p99', 'others on the machine'],
          rows: [
            [
              ...(['p50', 'p90', 'p99', 'max'] as const).map((which) => withSpan(at(which))),
              withSpan(rounds.map((round) => round.latenessMs.p99)),
              percent(medianOf(rounds, (round) => round.othersShare)),
            ],
          ],
        },
      ],
      verdicts: [
        judge(
          'p50',
          'ms',
          { kind: 'below', value: 5 },
          medianOf(rounds, (round) => round.latencyMs.p50),
        ),
        judge(
          'p99',
          'ms',
          { kind: 'below', value: 25 },
          medianOf(rounds, (round) => round.latencyMs.p99),
        ),
      ],
      notMeasured: [
        'The answer and the settlement: the clock stops when the request reaches the receiver.',
        'A network, and a target that takes its time.',
      ],
      rounds,
    }
  },
}
