/** What could not be delivered: listed, looked at, and given up for good. Replaying it is replay.ts. */
import { bodyOf } from './answer.ts'
import type { Connection } from './connection.ts'
import type { CallOptions } from './events.ts'
import { everyItem, type PageOptions } from './pages.ts'
import { send } from './request.ts'
import type { DeadLetter, DeadLetterDetail, DeadReason, Page } from './views.ts'

export type DeadLetterFilter = {
  readonly target?: string | undefined
  readonly type?: string | undefined
  readonly reason?: DeadReason | undefined
  /** Died after this time. */
  readonly after?: string | Date | undefined
  /** Died before this time. */
  readonly before?: string | Date | undefined
}

export type DeadLetters = {
  /** Every one that the filter takes, newest first; fetches a page when the last one was taken. */
  readonly all: (
    filter?: DeadLetterFilter,
    options?: CallOptions,
  ) => AsyncGenerator<DeadLetter, void, undefined>
  /** One page. */
  readonly list: (filter?: DeadLetterFilter, options?: PageOptions) => Promise<Page<DeadLetter>>
  /** One, with the data of its event and every attempt. */
  readonly get: (deliveryId: string, options?: CallOptions) => Promise<DeadLetterDetail>
  /** Gives one up: its delivery becomes `discarded`. */
  readonly discard: (deliveryId: string, options?: CallOptions) => Promise<void>
}

const PATH = ['v1', 'admin', 'dead-letters']

export function deadLetters(connection: Connection): DeadLetters {
  const list: DeadLetters['list'] = async (filter = {}, { limit, cursor, signal } = {}) => {
    const answer = await send(connection, {
      method: 'GET',
      path: PATH,
      query: { ...filter, limit, cursor },
      repeat: 'always',
      expect: [200],
      signal,
    })
    return bodyOf<Page<DeadLetter>>(answer, ['items', 'nextCursor'])
  }

  return {
    list,
    all: (filter, options) => everyItem((page) => list(filter, page), options),
    get: async (deliveryId, { signal } = {}) => {
      const answer = await send(connection, {
        method: 'GET',
        path: [...PATH, deliveryId],
        repeat: 'always',
        expect: [200],
        signal,
      })
      return bodyOf<DeadLetterDetail>(answer, ['id', 'data', 'attempts'])
    },
    discard: async (deliveryId, { signal } = {}) => {
      await send(connection, {
        method: 'DELETE',
        path: [...PATH, deliveryId],
        repeat: 'when-refused',
        expect: [204],
        signal,
      })
    },
  }
}
