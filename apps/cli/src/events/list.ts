/** `manifold events list`: one line an event. */
import type { EventFilter, EventView } from '@manifold/client'
import { showList } from '../api/show-list.ts'
import type { Session } from '../api/session.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Cell } from '../terminal/columns.ts'
import { word } from '../terminal/tints.ts'

export type ListOptions = EventFilter & { readonly limit: number; readonly all?: boolean }

const HEADER = ['EVENT', 'STATUS', 'ACCEPTED', 'TYPE', 'DELIVERIES']

export function listEvents(session: Session, { limit, all, ...options }: ListOptions): Promise<ExitCode> {
  const { type, status, after, before } = options
  const items = session.client.events.all({ type, status, after, before }, { signal: session.signal })
  return showList(session, {
    items,
    limit: all === true ? Infinity : limit,
    header: HEADER,
    row,
    none: 'no event matches',
  })
}

function row({ id, status, acceptedAt, type, deliveries }: EventView): Cell[] {
  const parts = deliveries.map((one) => `${one.target} ${one.status}`)
  return [id, word(status), acceptedAt, type, parts.join(', ')]
}
