/** A CloudEvent in structured mode, or an element of a batch: one JSON object with attributes and data (JSON event format 1.0). */
import { readAttributes } from './cloud-event-attributes.ts'
import { dataOfBytes, decodeBase64, plainData, type DataReading } from './cloud-event-data.ts'
import { cloudEvent, type CloudEventReading, type MakeEventId } from './cloud-event.ts'
import { isDeeperThan, MAX_DATA_DEPTH } from './event-input.ts'
import { isJsonMediaType, parseMediaType } from './media-type.ts'
import type { FieldError } from './problem.ts'

/** Judges a parsed `application/cloudevents+json` document. Never throws. */
export function readStructuredCloudEvent(document: unknown, makeEventId: MakeEventId): CloudEventReading {
  if (typeof document !== 'object' || document === null) return wrongDocument('a CloudEvent is a JSON object')
  if (Array.isArray(document))
    return wrongDocument('a list of CloudEvents is sent as application/cloudevents-batch+json')
  if (isDeeperThan(document, MAX_DATA_DEPTH)) return { kind: 'refused', code: 'json-too-deep' }
  const { data, data_base64: base64, ...given } = document as Record<string, unknown>
  const reading = readAttributes(given)
  const dataReading = readData(data, base64 ?? undefined, given['datacontenttype'])
  const errors = [
    ...(reading.kind === 'invalid' ? reading.errors : []),
    ...('errors' in dataReading ? dataReading.errors : []),
  ]
  if (reading.kind === 'invalid' || 'errors' in dataReading) return { kind: 'invalid', errors }
  if (dataReading.kind === 'refused') return dataReading
  return cloudEvent(reading.attributes, dataReading, makeEventId)
}

type Wrong = { readonly errors: readonly FieldError[] }

function readData(data: unknown, base64: unknown, contentType: unknown): DataReading | Wrong {
  const type = typeof contentType === 'string' ? contentType : undefined
  if (base64 === undefined) return readValue(data, type)
  if (data !== undefined && data !== null)
    return wrong('data_base64', 'data is there too: an event has one of the two')
  if (typeof base64 !== 'string') return wrong('data_base64', 'must be a string that holds base64')
  const bytes = decodeBase64(base64)
  return bytes === undefined
    ? wrong('data_base64', 'not base64 (RFC 4648, section 4): use A-Z a-z 0-9 + / and its padding')
    : dataOfBytes(bytes, type)
}

function readValue(data: unknown, type: string | undefined): DataReading | Wrong {
  const media = type === undefined ? undefined : parseMediaType(type)
  const isJson = media === undefined || isJsonMediaType(media)
  if (isJson || data === undefined || data === null || typeof data === 'string')
    return plainData(data ?? null)
  return wrong('data', `data of ${media.essence} must be a string`)
}

function wrong(path: string, message: string): Wrong {
  return { errors: [{ path, message }] }
}

function wrongDocument(message: string): CloudEventReading {
  return { kind: 'invalid', ...wrong('(root)', message) }
}
