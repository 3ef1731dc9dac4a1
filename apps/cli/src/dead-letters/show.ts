/** `manifold dead-letters show`: one, with the data of its event and what was tried. */
import type { Session } from '../api/session.ts'
import { attemptTable } from '../events/show.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { pairs } from '../terminal/columns.ts'
import { plainLines } from '../terminal/plain-text.ts'

export async function showDeadLetter(
  { client, output, json, signal }: Session,
  id: string,
): Promise<ExitCode> {
  const one = await client.deadLetters.get(id, { signal })
  if (json) {
    await output.print(`${JSON.stringify(one, undefined, 2)}\n`)
    return EXIT.ok
  }
  const facts = [
    ['dead letter', one.id],
    ['event', one.eventId],
    ['target', one.target],
    ['reason', { text: one.reason ?? '-', tint: 'red' }],
    ['died', one.diedAt ?? '-'],
    ['type', one.type],
    ['source', one.source],
    ['subject', one.subject ?? '-'],
    ['accepted', one.acceptedAt],
    ['generation', String(one.generation)],
  ] as const
  await output.print(pairs(facts, output.colour))
  await output.print(attemptTable(one.attempts, output))
  await output.print(`\ndata\n${plainLines(JSON.stringify(one.data, undefined, 2))}\n`)
  return EXIT.ok
}
