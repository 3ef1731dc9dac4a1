/** `manifold events show`: one event, its deliveries, and what was tried. */
import type { Attempt, DeliveryView } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { columns, pairs, type Cell } from '../terminal/columns.ts'
import { word } from '../terminal/tints.ts'

const DELIVERIES = ['TARGET', 'STATUS', 'ATTEMPTS', 'NEXT ATTEMPT', 'REASON']
const ATTEMPTS = ['TARGET', '#', 'AT', 'TOOK', 'OUTCOME', 'REASON', 'ERROR']

export async function showEvent({ client, output, json, signal }: Session, id: string): Promise<ExitCode> {
  const [event, attempts] = await Promise.all([client.event(id, { signal }), client.attempts(id, { signal })])
  if (json) {
    await output.print(`${JSON.stringify({ ...event, attempts }, undefined, 2)}\n`)
    return EXIT.ok
  }
  const facts: (readonly [string, Cell])[] = [
    ['event', event.id],
    ['status', word(event.status)],
    ['type', event.type],
    ['source', event.source],
    ['subject', event.subject ?? '-'],
    ['accepted', event.acceptedAt],
    ['settled', event.settledAt ?? '-'],
    ...(event.deliverAt === null ? [] : [['deliver at', event.deliverAt] as const]),
    ...(event.expiresAt === null ? [] : [['expires', event.expiresAt] as const]),
  ]
  await output.print(pairs(facts, output.colour))
  await output.print(`\n${columns(DELIVERIES, event.deliveries.map(delivery), output)}`)
  await output.print(attemptTable(attempts, output))
  return EXIT.ok
}

/** Every attempt, a line each; nothing when there is none. */
export function attemptTable(attempts: readonly Attempt[], output: Session['output']): string {
  return attempts.length === 0 ? '' : `\n${columns(ATTEMPTS, attempts.map(attemptRow), output)}`
}

function delivery({ target, status, attempts, nextAttemptAt, reason }: DeliveryView): Cell[] {
  return [target, word(status), String(attempts), nextAttemptAt ?? '-', reason ?? '-']
}

function attemptRow({ target, number, at, durationMs, outcome, reason, error }: Attempt): Cell[] {
  return [target, String(number), at, `${String(durationMs)} ms`, word(outcome), reason, error ?? '']
}
