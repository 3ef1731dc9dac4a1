/** The delivery rate that other suites take their load from: the delivery suite's, or a brief look of its own. */
import { figure } from '../measure/summary.ts'
import { measureDelivery } from './delivery-round.ts'
import type { Bench } from './suite.ts'

/** Remembers one rate for a whole run of the bench. */
export function createDeliveryRate() {
  let known: number | undefined
  return {
    learn: (deliveriesPerSecond: number): void => {
      known = deliveriesPerSecond
    },
    read: async (bench: Bench): Promise<number> => {
      if (known !== undefined) return known
      const load = bench.quick ? { events: 1_000, warmUpEvents: 200 } : { events: 8_000, warmUpEvents: 2_000 }
      known = (await measureDelivery(bench, load)).deliveriesPerSecond
      bench.say(`delivery rate, looked at briefly: ${figure(known)} deliveries/s`)
      return known
    },
  }
}
