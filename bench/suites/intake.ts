/**
 * Intake: how many events per second one producer accepts, the enqueueing for three targets included, against the least
 * that a durable intake costs.
 */
import { alternate } from '../measure/alternate.ts'
import { figure, mediansOf, medianOf, percent, withSpan } from '../measure/summary.ts'
import { judge } from '../measure/verdict.ts'
import { measureBaselineIntake, measureManifoldIntake, type IntakeRound } from './intake-round.ts'
import { CONNECTIONS, DATA_BYTES, type Suite } from './suite.ts'

export const intake: Suite = {
  name: 'intake',
  title: 'Intake',
  run: async (bench) => {
    const [rounds, requests, warmUp] = bench.quick ? [1, 1_500, 300] : [3, 30_000, 5_000]
    const tell = (side: string) => (round: IntakeRound) => {
      const rate = `${figure(round.requestsPerSecond)} requests/s, p99 ${figure(round.p99Ms)} ms`
      bench.say(`${side}: ${rate}, others ${percent(round.othersShare)}`)
      return round
    }
    const { first: manifold, second: baseline } = await alternate(
      rounds,
      () => measureManifoldIntake(bench, requests, warmUp).then(tell('manifold')),
      () => measureBaselineIntake(bench, requests, warmUp).then(tell('baseline')),
    )
    const rate = medianOf(manifold, (round) => round.requestsPerSecond)
    const baseRate = medianOf(baseline, (round) => round.requestsPerSecond)
    const p99 = medianOf(manifold, (round) => round.p99Ms)
    const baseP99 = medianOf(baseline, (round) => round.p99Ms)
    return {
      settings: { rounds, requests, warmUp, connections: CONNECTIONS, dataBytes: DATA_BYTES, targets: 3 },
      tables: [
        {
          title: 'Requests per second, median of the rounds (and their span)',
          columns: [
            '',
            'requests/s',
            'p50 ms',
            'p99 ms',
            'CPU µs per request: producer',
            'Redis',
            'load',
            'others on the machine',
          ],
          rows: [row('Manifold', manifold), row('baseline', baseline)],
        },
        {
          title: "Manifold's outbox",
          columns: ['largest seen', 'empty behind the last answer after, ms'],
          rows: [
            [
              withSpan(manifold.map((round) => round.outboxMax)),
              withSpan(manifold.map((round) => round.outboxBehindMs)),
            ],
          ],
        },
      ],
      verdicts: [
        judge('requests/s against the baseline', '×', { kind: 'at-least', value: 0.7 }, rate / baseRate),
        judge('p99 against the baseline', '×', { kind: 'below', value: 2 }, p99 / baseP99),
      ],
      notMeasured: [
        'Workers: none run, so that the producer and Redis have the machine to themselves.',
        'A network: everything is on loopback; TLS and API keys are off on both sides.',
        'Latency under a steady load: the loop is closed, so latency here is what 64 callers in a hurry see.',
      ],
      rounds: { manifold, baseline },
    }
  },
}

function row(side: string, rounds: readonly IntakeRound[]): string[] {
  const cpu = mediansOf(rounds.map((round) => round.cpuMicrosPerRequest))
  return [
    side,
    withSpan(rounds.map((round) => round.requestsPerSecond)),
    withSpan(rounds.map((round) => round.p50Ms)),
    withSpan(rounds.map((round) => round.p99Ms)),
    ...['producer', 'redis', 'load'].map((name) => figure(cpu[name] ?? NaN)),
    percent(medianOf(rounds, (round) => round.othersShare)),
  ]
}
