/** The client: every call of the API as a function, over one connection's settings. */
import type { AnyEvents } from './catalogue.ts'
import { openConnection, type ClientOptions } from './connection.ts'
import { deadLetters, type DeadLetters } from './dead-letters.ts'
import { eventList, type EventList } from './event-list.ts'
import type { EventToPublish } from './event-to-publish.ts'
import { cancelEvent, readAttempts, readEvent, readResult, type CallOptions } from './events.ts'
import type { BatchItem } from './batch-item.ts'
import { publishBatch, publishEach, type BatchOptions, type BatchResult } from './publish-batch.ts'
import { createPublish, type Publish } from './publish.ts'
import { bulkReplay, createReplay, type BulkReplay, type Replay } from './replay.ts'
import { stream, type StreamFilter, type StreamOptions } from './stream.ts'
import type { StreamMessage } from './stream-messages.ts'
import { targets, type Targets } from './targets.ts'
import type { Attempt, EventResult, EventView } from './views.ts'
import { createWaitFor, type WaitFor } from './wait-for.ts'

type Many<Catalogue> = Iterable<EventToPublish<Catalogue>> | AsyncIterable<EventToPublish<Catalogue>>

export type Client<Catalogue = AnyEvents> = {
  /** Publishes one event; with `waitSeconds`, waits for what all targets make of it. */
  readonly publish: Publish<Catalogue>
  /** Publishes many, and gives all results when the last one is there. */
  readonly publishBatch: (events: Many<Catalogue>, options?: BatchOptions) => Promise<BatchResult>
  /** Publishes many, and gives each result as it comes: for more than fit in memory. Nothing is sent until it is iterated. */
  readonly publishEach: (
    events: Many<Catalogue>,
    options?: BatchOptions,
  ) => AsyncGenerator<BatchItem, void, undefined>
  /** Those there are, by filter. */
  readonly events: EventList
  readonly event: (id: string, options?: CallOptions) => Promise<EventView>
  /** Every attempt at every target, oldest first. */
  readonly attempts: (id: string, options?: CallOptions) => Promise<readonly Attempt[]>
  /** The combined answer so far. */
  readonly result: (id: string, options?: CallOptions) => Promise<EventResult>
  /** Cancels the deliveries that were not attempted yet. */
  readonly cancel: (id: string, options?: CallOptions) => Promise<EventView>
  /** Waits until the event is settled, or for `timeoutMs`. */
  readonly waitFor: WaitFor
  /** Follows one event to its end, or all that happens. */
  readonly stream: (
    filter: StreamFilter,
    options?: StreamOptions,
  ) => AsyncGenerator<StreamMessage, void, undefined>
  readonly deadLetters: DeadLetters
  readonly targets: Targets
  readonly replay: Replay
  /** A replay that was begun earlier, by its id. */
  readonly bulkReplay: (id: string) => BulkReplay
}

/**
 * Makes a client. It holds no connection: there is nothing to close.
 *
 * @typeParam Catalogue `typeof events` of `defineEvents`, its schemas, or a type such as
 *   `{ 'order.placed': { orderId: string } }`; without one, any event may be published
 * @throws {TypeError} when an option cannot work
 */
export function createClient<Catalogue extends object = AnyEvents>(
  options: ClientOptions,
): Client<Catalogue> {
  const connection = openConnection(options)

  return {
    publish: createPublish<Catalogue>(connection),
    publishBatch: (events, options = {}) => publishBatch(connection, events, options),
    publishEach: (events, options = {}) => publishEach(connection, events, options),
    events: eventList(connection),
    event: (id, options = {}) => readEvent(connection, id, options),
    attempts: (id, options = {}) => readAttempts(connection, id, options),
    result: (id, options = {}) => readResult(connection, id, options),
    cancel: (id, options = {}) => cancelEvent(connection, id, options),
    waitFor: createWaitFor(connection),
    stream: (filter, options = {}) => stream(connection, filter, options),
    deadLetters: deadLetters(connection),
    targets: targets(connection),
    replay: createReplay(connection),
    bulkReplay: (id) => bulkReplay(connection, id),
  }
}
