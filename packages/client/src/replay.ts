/**
 * Delivers dead letters once more: one by its id, or all that a filter takes, in the background and with progress.
 *
 * Repeated only when the server says that it did nothing: an answer that got lost may stand for a replay that began.
 */
import { bodyOf } from './answer.ts'
import type { Connection } from './connection.ts'
import type { DeadLetterFilter } from './dead-letters.ts'
import type { CallOptions } from './events.ts'
import { send } from './request.ts'

export type ReplayedDelivery = {
  readonly id: string
  readonly eventId: string
  readonly target: string
  readonly status: 'pending'
  /** Which life of the delivery this is. */
  readonly generation: number
}

export type ReplayFilter = DeadLetterFilter & {
  /** At most so many. */
  readonly limit?: number | undefined
  readonly ratePerSecond?: number | undefined
}

export type ReplayProgress = {
  readonly id: string
  readonly status: 'matching' | 'running' | 'completed'
  readonly matched: number
  readonly replayed: number
  /** No longer dead when their turn came. */
  readonly failed: number
}

export type WaitForReplayOptions = CallOptions & {
  /** Between two looks. Default 500. */
  readonly pollMs?: number | undefined
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined
}

/** A replay that goes on whether anybody watches or not. */
export type BulkReplay = {
  readonly id: string
  readonly progress: (options?: CallOptions) => Promise<ReplayProgress>
  /** Every matched dead letter was given back to its target; not yet that it was delivered. */
  readonly waitUntilDone: (options?: WaitForReplayOptions) => Promise<ReplayProgress>
}

export type Replay = {
  /** One. */
  (deliveryId: string, options?: CallOptions): Promise<ReplayedDelivery>
  /** All that the filter takes; `{}` takes all there are. */
  (filter: ReplayFilter, options?: CallOptions): Promise<BulkReplay>
}

const DEAD_LETTERS = ['v1', 'admin', 'dead-letters']

export function createReplay(connection: Connection): Replay {
  function replay(deliveryId: string, options?: CallOptions): Promise<ReplayedDelivery>
  function replay(filter: ReplayFilter, options?: CallOptions): Promise<BulkReplay>
  function replay(what: string | ReplayFilter, options: CallOptions = {}) {
    return typeof what === 'string'
      ? replayOne(connection, what, options)
      : replayMatching(connection, what, options)
  }
  return replay
}

async function replayOne(
  connection: Connection,
  deliveryId: string,
  { signal }: CallOptions,
): Promise<ReplayedDelivery> {
  const answer = await send(connection, {
    method: 'POST',
    path: [...DEAD_LETTERS, deliveryId, 'replay'],
    repeat: 'when-refused',
    expect: [202],
    signal,
  })
  return bodyOf<ReplayedDelivery>(answer, ['id', 'generation'])
}

async function replayMatching(
  connection: Connection,
  filter: ReplayFilter,
  { signal }: CallOptions,
): Promise<BulkReplay> {
  const answer = await send(connection, {
    method: 'POST',
    path: [...DEAD_LETTERS, 'replay'],
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(filter),
    repeat: 'when-refused',
    expect: [202],
    signal,
  })
  return bulkReplay(connection, bodyOf<ReplayProgress>(answer, ['id', 'status']).id)
}

/** A replay that was begun earlier, perhaps by another process. */
export function bulkReplay(connection: Connection, id: string): BulkReplay {
  const progress: BulkReplay['progress'] = async ({ signal } = {}) => {
    const answer = await send(connection, {
      method: 'GET',
      path: ['v1', 'admin', 'replays', id],
      repeat: 'always',
      expect: [200],
      signal,
    })
    return bodyOf<ReplayProgress>(answer, ['id', 'status', 'matched'])
  }

  return {
    id,
    progress,
    waitUntilDone: async ({ pollMs = 500, onProgress, signal } = {}) => {
      for (;;) {
        const now = await progress({ signal })
        onProgress?.(now)
        if (now.status === 'completed') return now
        await connection.clock.sleep(pollMs, signal)
      }
    },
  }
}
