/** Scaling: what the delivery rate does when there are more targets, larger events, more workers, or a deeper backlog. */
import { barChart } from '../plot.ts'
import { figure, medianOf, percent, withSpan } from '../measure/summary.ts'
import { inScope } from '../stage/scope.ts'
import { drain, expectRest, type Stretch } from './backlog-drain.ts'
import { fillBacklog } from './backlog-fill.ts'
import { measureDelivery, type DeliveryLoad } from './delivery-round.ts'
import { type Bench, type Plot, type Suite, type Table } from './suite.ts'

type Rate = { readonly deliveriesPerSecond: number; readonly othersShare: number }

type Axis = {
  readonly by: string
  readonly file: string
  readonly rounds: number
  readonly points: readonly { readonly label: string; readonly measure: (bench: Bench) => Promise<Rate> }[]
}

/** Deliveries in a round: about ten seconds; fewer of what is large. */
const DELIVERIES = 30_000

function delivering(load: Omit<DeliveryLoad, 'events' | 'warmUpEvents'>, deliveries = DELIVERIES) {
  return (bench: Bench): Promise<Rate> => {
    const perEvent = load.targetCount ?? 3
    const events = Math.ceil((bench.quick ? 600 : deliveries) / perEvent)
    const warmUpEvents = Math.ceil((bench.quick ? 150 : deliveries / 6) / perEvent)
    return measureDelivery(bench, { ...load, events, warmUpEvents })
  }
}

function draining(backlog: number, stretch: Stretch) {
  return (bench: Bench): Promise<Rate> =>
    inScope(async (scope) => {
      const waiting = await fillBacklog(scope, bench, bench.quick ? 3_000 : backlog)
      const quick = { skip: 500, deliveries: 2_000, readsMs: 1_000 }
      const { drained, delivered } = await drain(bench, waiting, bench.quick ? quick : stretch)
      await expectRest(waiting, delivered)
      return drained
    })
}

const AXES: readonly Axis[] = [
  {
    by: 'targets',
    file: 'scaling-targets.svg',
    rounds: 3,
    points: [1, 3, 10, 30].map((targetCount) => ({
      label: String(targetCount),
      measure: delivering({ targetCount }),
    })),
  },
  {
    by: 'size of the data',
    file: 'scaling-payload.svg',
    rounds: 3,
    points: [
      { label: '300 B', measure: delivering({ dataBytes: 300 }) },
      { label: '4 KiB', measure: delivering({ dataBytes: 4_096 }) },
      { label: '64 KiB', measure: delivering({ dataBytes: 65_536 }, 9_000) },
    ],
  },
  {
    by: 'worker processes',
    file: 'scaling-workers.svg',
    rounds: 3,
    points: [1, 2, 4].map((workerProcesses) => ({
      label: String(workerProcesses),
      measure: delivering({ workerProcesses }),
    })),
  },
  {
    by: 'backlog',
    file: 'scaling-backlog.svg',
    rounds: 1,
    points: [
      { label: '30,000', measure: draining(30_000, { skip: 5_000, deliveries: 22_000, readsMs: 5_000 }) },
      { label: '100,000', measure: draining(100_000, { skip: 5_000, deliveries: 60_000, readsMs: 10_000 }) },
      {
        label: '1,000,000',
        measure: draining(1_000_000, { skip: 5_000, deliveries: 60_000, readsMs: 10_000 }),
      },
    ],
  },
]

export const scaling: Suite = {
  name: 'scaling',
  title: 'Scaling',
  run: async (bench) => {
    const measured = []
    for (const axis of AXES) measured.push(await measureAxis(bench, axis))
    return {
      settings: { deliveriesPerRound: DELIVERIES, roundsPerPoint: 3, roundsOfBacklogs: 1 },
      tables: measured.map(({ table }) => table),
      verdicts: [],
      notMeasured: [
        'More machines: all of it shares two cores, so that more worker processes can only show what sharing costs.',
        'A bare BullMQ beside it: the delivery suite has that.',
      ],
      rounds: Object.fromEntries(measured.map(({ by, rounds }) => [by, rounds])),
      plots: measured.map(({ plot }) => plot),
    }
  },
}

/** Every point once, then every point again, so that no point has a quiet hour to itself. */
async function measureAxis(bench: Bench, { by, file, rounds, points }: Axis) {
  const measured = new Map<string, Rate[]>(points.map(({ label }) => [label, []]))
  for (let round = 0; round < (bench.quick ? 1 : rounds); round++) {
    for (const { label, measure } of points) {
      const rate = await measure(bench)
      bench.say(
        `${by} ${label}: ${figure(rate.deliveriesPerSecond)} deliveries/s, others ${percent(rate.othersShare)}`,
      )
      measured.get(label)?.push(rate)
    }
  }
  const rates = [...measured].map(([label, own]) => ({
    label,
    own,
    values: own.map((rate) => rate.deliveriesPerSecond),
  }))
  const table: Table = {
    title: `Deliveries per second by ${by}, median of the rounds (and their span)`,
    columns: [by, 'deliveries/s', 'others on the machine'],
    rows: rates.map(({ label, own, values }) => [
      label,
      withSpan(values),
      percent(medianOf(own, (rate) => rate.othersShare)),
    ]),
  }
  const bars = rates.map(({ label, own, values }) => ({
    label,
    values,
    value: medianOf(own, (rate) => rate.deliveriesPerSecond),
  }))
  const title = `Delivery by ${by}`
  const plot: Plot = {
    file,
    title,
    svg: barChart({ title, xLabel: by, yLabel: 'deliveries/s', bars }),
  }
  return { by, table, plot, rounds: Object.fromEntries(measured) }
}
