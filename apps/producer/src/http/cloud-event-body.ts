/**
 * From a CloudEvent as it was sent to what `acceptEvent` takes, or to the problem it is answered with.
 *
 * Owns the event id that a CloudEvent gets; the rules of CloudEvents are the domain's.
 */
import { hash } from 'node:crypto'
import {
  readBinaryCloudEvent,
  readStructuredCloudEvent,
  type CloudEventReading,
  type HeaderValues,
} from '@manifold/domain'
import type { ItemReading } from './batch-item.ts'
import { problem } from './problem.ts'

export const STRUCTURED_MEDIA_TYPE = 'application/cloudevents+json'
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json'

/** Structured mode, and one element of a batch: an error is at its path in the CloudEvent. */
export function structuredCloudEvent(document: unknown): ItemReading {
  return asItem(readStructuredCloudEvent(document, cloudEventId))
}

/** Binary mode. */
export function binaryCloudEvent(headers: HeaderValues, bytes: Uint8Array): ItemReading {
  return asItem(readBinaryCloudEvent(headers, bytes, cloudEventId))
}

/** Source and id of a CloudEvent may be longer, and of other characters, than an event id. */
function cloudEventId(identity: string): string {
  return `ce_${hash('sha256', identity, 'hex').slice(0, 32)}`
}

/** What stands for the bytes is the same text for the same event, whatever it was sent as. */
function asItem(reading: CloudEventReading): ItemReading {
  switch (reading.kind) {
    case 'event':
      return { kind: 'item', body: reading.body, rawBody: reading.canonical, context: reading.context }
    case 'invalid':
      return { kind: 'problem', problem: problem('invalid-cloud-event', { errors: reading.errors }) }
    case 'refused': {
      const { code, detail } = reading
      return { kind: 'problem', problem: problem(code, detail === undefined ? {} : { detail }) }
    }
    default:
      return reading satisfies never
  }
}
