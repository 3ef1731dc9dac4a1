/** Outbox: at rest everything accepted, replayed or discarded is confirmed on the queues. */
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'

export function findOutboxNotEmpty({ snapshot }: Evidence): Finding[] {
  return snapshot.outbox === 0
    ? []
    : [{ kind: 'outbox-not-empty', subject: 'outbox', detail: `${String(snapshot.outbox)} entries at rest` }]
}
