/**
 * From documents to events, each with an id that is the same whenever the same input is sent under the same key: so a
 * broken line that is mended, and sent again with all others, is the only one that is new.
 */
import type { AnyEvents, EventToPublish } from '@manifold/client'
import type { Document } from './documents.ts'

export type Item =
  | { readonly kind: 'event'; readonly line: number; readonly event: EventToPublish<AnyEvents> }
  | { readonly kind: 'broken'; readonly line: number; readonly code: string; readonly detail: string }

export type EventsOptions = {
  readonly idempotencyKey: string
  /** What is read is data of this type. */
  readonly type: string | undefined
}

/** Whether the fields are right is the producer's to judge. */
export function toItem(document: Document, { idempotencyKey, type }: EventsOptions): Item {
  if (document.kind === 'broken') return document
  const { line, value } = document
  const id = `${idempotencyKey}.${String(line)}`
  if (type !== undefined) return { kind: 'event', line, event: { type, data: value, id } }
  if (!isObject(value)) {
    return {
      kind: 'broken',
      line,
      code: 'invalid-event',
      detail: 'is not an event: an object with type and data',
    }
  }
  return { kind: 'event', line, event: { id, ...value } }
}

/** What an object lacks, the producer says better. */
function isObject(value: unknown): value is EventToPublish<AnyEvents> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
