/**
 * Delivery: deliveries per second from the POST to the settled record, three targets in one worker process, against a bare
 * BullMQ worker that does nothing but POST.
 */
import { alternate } from '../measure/alternate.ts'
import { figure, mediansOf, medianOf, percent, withSpan } from '../measure/summary.ts'
import { judge } from '../measure/verdict.ts'
import { measureBareWorkers, measureFloor } from './delivery-baselines.ts'
import { measureDelivery, type DeliveryRound } from './delivery-round.ts'
import { CONNECTIONS, DATA_BYTES, type Suite } from './suite.ts'

export const delivery: Suite = {
  name: 'delivery',
  title: 'Delivery',
  run: async (bench) => {
    const rounds = bench.quick ? 1 : 3
    const load = bench.quick ? { events: 1_000, warmUpEvents: 200 } : { events: 15_000, warmUpEvents: 2_000 }
    const tell = (side: string) => (round: DeliveryRound) => {
      const rate = `${figure(round.deliveriesPerSecond)} deliveries/s in ${figure(round.tookMs)} ms`
      bench.say(`${side}: ${rate}, others ${percent(round.othersShare)}`)
      return round
    }
    const floor: DeliveryRound[] = []
    const { first: manifold, second: bare } = await alternate(
      rounds,
      () => measureDelivery(bench, load).then(tell('manifold')),
      async () => {
        const round = await measureBareWorkers(bench, load).then(tell('bare BullMQ'))
        floor.push(await measureFloor(bench, load).then(tell('floor')))
        return round
      },
    )
    const rate = medianOf(manifold, (round) => round.deliveriesPerSecond)
    const ratio = rate / medianOf(bare, (round) => round.deliveriesPerSecond)
    bench.learnDeliveryRate(rate)
    return {
      settings: {
        rounds,
        ...load,
        targets: 3,
        concurrency: 50,
        connections: CONNECTIONS,
        dataBytes: DATA_BYTES,
      },
      tables: [
        {
          title: 'Deliveries per second, median of the rounds (and their span)',
          columns: [
            '',
            'deliveries/s',
            'CPU µs per delivery: intake',
            'worker',
            'Redis',
            'receiver',
            'load',
            'all of them',
            'others on the machine',
          ],
          rows: [row('Manifold', manifold), row('bare BullMQ', bare), row('floor: undici alone', floor)],
        },
      ],
      verdicts: [judge('deliveries/s against bare BullMQ', '×', { kind: 'at-least', value: 1.3 }, ratio)],
      notMeasured: [
        'A real API: the receiver answers at once, so that concurrency and waiting cost nothing on either side.',
        'Equal work: Manifold takes each event over HTTP, records it, signs it and keeps its status; the baseline adds jobs in bulk and forgets.',
        'A machine for each process: intake, worker, Redis, receiver and load share two cores, and the sum of what they cost is the limit.',
      ],
      rounds: { manifold, bare, floor },
    }
  },
}

function row(side: string, rounds: readonly DeliveryRound[]): string[] {
  const cpu = mediansOf(rounds.map((round) => round.cpuMicrosPerDelivery))
  const cost = (name: string) => (cpu[name] === undefined ? '–' : figure(cpu[name]))
  return [
    side,
    withSpan(rounds.map((round) => round.deliveriesPerSecond)),
    cost(cpu['producer'] === undefined ? 'adder' : 'producer'),
    ...['worker', 'redis', 'receiver', 'load'].map(cost),
    figure(medianOf(rounds, ({ cpuMicrosPerDelivery }) => sum(Object.values(cpuMicrosPerDelivery)))),
    percent(medianOf(rounds, (round) => round.othersShare)),
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
