/** `manifold dead-letters list`: one line a dead letter. */
import type { DeadLetter, DeadLetterFilter } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { showList } from '../api/show-list.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Cell } from '../terminal/columns.ts'

export type ListOptions = DeadLetterFilter & { readonly limit: number; readonly all?: boolean }

const HEADER = ['DEAD LETTER', 'DIED', 'REASON', 'ATTEMPTS', 'TYPE', 'LAST ATTEMPT']

export function listDeadLetters(
  session: Session,
  { limit, all, ...options }: ListOptions,
): Promise<ExitCode> {
  const { target, type, reason, after, before } = options
  const filter = { target, type, reason, after, before }
  return showList(session, {
    items: session.client.deadLetters.all(filter, { signal: session.signal }),
    limit: all === true ? Infinity : limit,
    header: HEADER,
    row,
    none: 'no dead letter matches',
  })
}

function row({ id, diedAt, reason, attempts, type, lastAttempt }: DeadLetter): Cell[] {
  const last = lastAttempt === null ? '-' : [lastAttempt.reason, lastAttempt.error ?? ''].join(' ').trim()
  return [id, diedAt ?? '-', { text: reason ?? '-', tint: 'red' }, String(attempts), type, last]
}
