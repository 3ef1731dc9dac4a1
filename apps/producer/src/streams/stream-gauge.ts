/** How many streams are open. Who waits or follows is counted by the hub. */
import { Gauge, type Registry } from '@manifold/runtime'
import type { OpenStreams } from './open-streams.ts'

export function registerStreamGauge(registry: Registry, streams: OpenStreams): void {
  const open = new Gauge({
    name: 'manifold_streams_open',
    help: 'Streams, WebSockets and their subscriptions that are open',
    registers: [registry],
    collect: () => {
      open.set(streams.count())
    },
  })
}
