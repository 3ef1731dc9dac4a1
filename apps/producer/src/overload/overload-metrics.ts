/** What operators see of refused events: how many, and why right now. */
import { OVERLOAD_REASONS, type OverloadReason } from '@manifold/domain'
import { Counter, Gauge, type Registry } from '@manifold/runtime'
import type { Gates } from './intake.ts'

/** Registers the counter of refusals. */
export function countRefusals(registry: Registry): (reason: OverloadReason) => void {
  const refused = new Counter({
    name: 'manifold_shed_requests_total',
    help: 'Requests, items of batches and messages refused because of overload, by reason: memory, backlog or target',
    labelNames: ['reason'],
    registers: [registry],
  })
  // From the start, or nobody could tell that the first one is one more.
  for (const reason of OVERLOAD_REASONS) refused.inc({ reason }, 0)
  return (reason) => {
    refused.inc({ reason })
  }
}

/** Registers the gauge of shut gates, read at each scrape. */
export function registerGateGauge(registry: Registry, gates: Pick<Gates, 'shut'>): void {
  new Gauge({
    name: 'manifold_shedding',
    help: '1 while all events are refused because of memory or backlog; for target, how many targets take no events',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      const { memory, backlog, targets } = gates.shut()
      this.set({ reason: 'memory' }, memory ? 1 : 0)
      this.set({ reason: 'backlog' }, backlog ? 1 : 0)
      this.set({ reason: 'target' }, targets)
    },
  })
}
