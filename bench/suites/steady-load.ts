/** The steady load of latency and isolation: a fifth of what the delivery suite reaches. */
import { figure } from '../measure/summary.ts'
import type { SteadyLoad } from './steady-round.ts'
import type { Bench } from './suite.ts'

const SHARE = 1 / 5
const TARGETS = 3

/** At a fifth of the load it takes this long until what runs often is compiled for speed; a service is not restarted every minute. */
const WARM_UP_MS = 25_000

/** The rate, and for how long. */
export async function steadyLoad(
  bench: Bench,
  durationMs: number,
): Promise<Pick<SteadyLoad, 'eventsPerSecond' | 'warmUpMs' | 'durationMs'>> {
  const deliveriesPerSecond = (await bench.deliveryRate()) * SHARE
  bench.say(`load: ${figure(deliveriesPerSecond)} deliveries/s`)
  return {
    eventsPerSecond: Math.round(deliveriesPerSecond / TARGETS),
    ...(bench.quick ? { warmUpMs: 1_000, durationMs: 2_000 } : { warmUpMs: WARM_UP_MS, durationMs }),
  }
}
