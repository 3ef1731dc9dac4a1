/** A typed client of the Manifold API, for Node and browsers. Needs nothing but fetch. */
export type { AnyEvents, DataByType } from './catalogue.ts'
export * from './client.ts'
export type { Clock } from './clock.ts'
export type { ClientOptions } from './connection.ts'
export type { DeadLetterFilter, DeadLetters } from './dead-letters.ts'
export { ManifoldError, type FieldError } from './errors.ts'
export type { EventFilter, EventList } from './event-list.ts'
export type { EventFields, EventToPublish } from './event-to-publish.ts'
export type { CallOptions } from './events.ts'
export type { PageOptions } from './pages.ts'
export type { BatchItem } from './batch-item.ts'
export type { BatchOptions, BatchResult } from './publish-batch.ts'
export type {
  Publish,
  PublishAndWaitOptions,
  Published,
  PublishedAndWaited,
  PublishOptions,
} from './publish.ts'
export type {
  BulkReplay,
  Replay,
  ReplayedDelivery,
  ReplayFilter,
  ReplayProgress,
  WaitForReplayOptions,
} from './replay.ts'
export type { RetryPolicy } from './retry.ts'
export type { StreamFilter, StreamOptions } from './stream.ts'
export type { StreamMessage } from './stream-messages.ts'
export type { Targets } from './targets.ts'
export * from './verify-callback.ts'
export type * from './views.ts'
export type { WaitFor, WaitOptions } from './wait-for.ts'
