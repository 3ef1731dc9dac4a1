/**
 * From a CloudEvent as it was sent to what `acceptEvent` takes, or to what is wrong with it.
 *
 * Owns the event id that a CloudEvent gets; the rules of CloudEvents are the domain's.
 */
import { hash } from 'node:crypto'
import {
  readBinaryCloudEvent,
  readStructuredCloudEvent,
  type CloudEventContext,
  type CloudEventReading,
  type EventInput,
  type HeaderValues,
} from '@manifold/domain'

export type CloudEventBody =
  | {
      readonly kind: 'event'
      /** The event, as a JSON body would hold it. */
      readonly body: EventInput
      readonly context: CloudEventContext
      /** The same text for the same event, whatever it was sent as. */
      readonly rawBody: string
    }
  | Exclude<CloudEventReading, { kind: 'event' }>

/** Structured mode; also for one element of a batch, where an error is at its path in that element. */
export function structuredEventBody(document: unknown): CloudEventBody {
  return eventBody(readStructuredCloudEvent(document, cloudEventId))
}

/** Binary mode. */
export function binaryEventBody(headers: HeaderValues, bytes: Uint8Array): CloudEventBody {
  return eventBody(readBinaryCloudEvent(headers, bytes, cloudEventId))
}

/** Source and id of a CloudEvent may be longer, and of other characters, than an event id. */
function cloudEventId(identity: string): string {
  return `ce_${hash('sha256', identity, 'hex').slice(0, 32)}`
}

function eventBody(reading: CloudEventReading): CloudEventBody {
  if (reading.kind !== 'event') return reading
  const { kind, body, context, canonical } = reading
  return { kind, body, context, rawBody: canonical }
}
