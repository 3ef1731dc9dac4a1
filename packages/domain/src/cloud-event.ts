/**
 * A CloudEvent that broke no rule, as Manifold takes it in: the event, what it said besides, and a text that is the same
 * for the same event, however it was sent.
 */
import type { CloudEventAttributes } from './cloud-event-attributes.ts'
import type { CloudEventData, DataRefusal } from './cloud-event-data.ts'
import { isDeeperThan, MAX_DATA_DEPTH, type EventInput } from './event-input.ts'
import type { CloudEventContext } from './event.ts'
import type { FieldError } from './problem.ts'

export type CloudEventReading =
  | {
      readonly kind: 'event'
      readonly body: EventInput
      readonly context: CloudEventContext
      /** Equal for two events exactly when nothing in them differs. */
      readonly canonical: string
    }
  /** Every rule that was broken. */
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] }
  | DataRefusal

/**
 * Makes Manifold's event id of a CloudEvent's identity, which is its source and its id, on a line each.
 * The same identity gives the same id.
 */
export type MakeEventId = (identity: string) => string

/** What a CloudEvent without `datacontenttype` has. */
const DEFAULT_CONTENT_TYPE = 'application/json'

/** Puts attributes and data together. */
export function cloudEvent(
  attributes: CloudEventAttributes,
  { data, dataEncoding }: CloudEventData,
  makeEventId: MakeEventId,
): CloudEventReading {
  // One level is the event's own.
  if (isDeeperThan(data, MAX_DATA_DEPTH - 1)) return { kind: 'refused', code: 'json-too-deep' }
  const { id, source, type, subject, time, dataSchema } = attributes
  const dataContentType =
    attributes.dataContentType === DEFAULT_CONTENT_TYPE ? undefined : attributes.dataContentType
  const extensions = Object.keys(attributes.extensions).length === 0 ? undefined : attributes.extensions
  return {
    kind: 'event',
    body: {
      type,
      data,
      id: makeEventId(`${source}\n${id}`),
      source,
      ...(subject === undefined ? {} : { subject }),
      ...(time === undefined ? {} : { time }),
      ...(extensions === undefined ? {} : { extensions }),
    },
    context: { sourceId: id, extensions, dataContentType, dataSchema, dataEncoding },
    canonical: JSON.stringify(
      [
        { id, source, type, subject, time, dataSchema, dataContentType, dataEncoding, data },
        extensionTexts(attributes),
      ],
      inOrder,
    ),
  }
}

/** Headers carry every value as text: 5 and "5" are the same extension. */
function extensionTexts({ extensions }: CloudEventAttributes): Record<string, string> {
  return Object.fromEntries(Object.entries(extensions).map(([name, value]) => [name, String(value)]))
}

/** The fields of an object have no order that means something. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
