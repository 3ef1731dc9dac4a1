/** How many streams are open, and how many wait or follow. */
import { Gauge, type Registry } from '@manifold/runtime'
import type { ChangeHub } from '../changes/change-hub.ts'
import type { OpenStreams } from './open-streams.ts'

export function registerStreamGauges(registry: Registry, streams: OpenStreams, hub: ChangeHub): void {
  const registers = [registry]
  const open = new Gauge({
    name: 'manifold_streams_open',
    help: 'Streams, WebSockets and their subscriptions that are open',
    registers,
    collect: () => {
      open.set(streams.count())
    },
  })
  const followers = new Gauge({
    name: 'manifold_change_followers',
    help: 'Who is told of changes: waits, streams of one event, and one for all feeds',
    registers,
    collect: () => {
      followers.set(hub.followers())
    },
  })
}
