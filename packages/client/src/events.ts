/** One event by its id: where it stands, what was tried, what came out; and taking it back. */
import { bodyOf } from './answer.ts'
import type { Connection } from './connection.ts'
import { send } from './request.ts'
import type { Attempt, EventResult, EventView, Page } from './views.ts'

export type CallOptions = { readonly signal?: AbortSignal | undefined }

export async function readEvent(
  connection: Connection,
  id: string,
  { signal }: CallOptions,
): Promise<EventView> {
  const answer = await send(connection, {
    method: 'GET',
    path: ['v1', 'events', id],
    repeat: 'always',
    expect: [200],
    signal,
  })
  return bodyOf<EventView>(answer, ['id', 'status', 'deliveries'])
}

/** Every attempt at every target, oldest first. */
export async function readAttempts(
  connection: Connection,
  id: string,
  { signal }: CallOptions,
): Promise<readonly Attempt[]> {
  const answer = await send(connection, {
    method: 'GET',
    path: ['v1', 'events', id, 'attempts'],
    repeat: 'always',
    expect: [200],
    signal,
  })
  return bodyOf<Page<Attempt>>(answer, ['items']).items
}

/** The combined answer so far; `status` says whether it is the last word. */
export async function readResult(
  connection: Connection,
  id: string,
  { signal }: CallOptions,
): Promise<EventResult> {
  const answer = await send(connection, {
    method: 'GET',
    path: ['v1', 'events', id, 'result'],
    repeat: 'always',
    expect: [200, 202],
    signal,
  })
  return bodyOf<EventResult>(answer, ['id', 'status', 'deliveries'])
}

/** Cancels the deliveries that were not attempted yet. An event that was cancelled answers the same again. */
export async function cancelEvent(
  connection: Connection,
  id: string,
  { signal }: CallOptions,
): Promise<EventView> {
  const answer = await send(connection, {
    method: 'DELETE',
    path: ['v1', 'events', id],
    repeat: 'always',
    expect: [200],
    signal,
  })
  return bodyOf<EventView>(answer, ['id', 'status', 'deliveries'])
}
