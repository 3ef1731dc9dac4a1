/**
 * An event on the wire, in each format a target may have: CloudEvents HTTP binding 1.0 in structured and binary mode, and
 * plain JSON with Manifold's own names.
 *
 * Owns what the event looks like. Whose headers win is render.ts.
 */
import {
  encodeHeaderValue,
  isJsonMediaType,
  parseMediaType,
  type EventFormat,
  type ExtensionValue,
  type ManifoldEvent,
} from '@manifold/domain'

export type Body = { readonly bytes: string | Uint8Array; readonly contentType: string }

const JSON_TYPE = 'application/json'

/** The body of a request that carries the event. */
export function eventBody(event: ManifoldEvent, format: EventFormat): Body {
  switch (format) {
    case 'cloudevents-structured':
      return structured(event)
    case 'cloudevents-binary':
      return dataBody(event)
    case 'json':
      return plain(event)
    default:
      return format satisfies never
  }
}

/** The attributes of the event as headers of binary mode, in lower case. What the data are says the Content-Type. */
export function attributeHeaders(event: ManifoldEvent): Record<string, string> {
  const headers: Record<string, string> = {}
  const attributes: Record<string, ExtensionValue | undefined> = {
    ...event.extensions,
    ...coreAttributes(event),
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) headers[`ce-${name}`] = encodeHeaderValue(String(value))
  }
  return headers
}

function coreAttributes(event: ManifoldEvent) {
  return {
    specversion: '1.0',
    // Who receives it knows it by the id its source gave it.
    id: event.sourceId ?? event.id,
    source: event.source,
    type: event.type,
    subject: event.subject,
    time: event.time,
    dataschema: event.dataSchema,
  }
}

/** JSON event format, structured mode. */
function structured(event: ManifoldEvent): Body {
  const { data, dataEncoding, extensions, dataContentType } = event
  const attributes =
    extensions === undefined ? coreAttributes(event) : { ...extensions, ...coreAttributes(event) }
  const members =
    dataEncoding === 'base64'
      ? { datacontenttype: dataContentType, data_base64: data }
      : { datacontenttype: dataContentType ?? JSON_TYPE, data: isAbsent(event) ? undefined : data }
  return {
    bytes: JSON.stringify({ ...attributes, ...members }),
    contentType: 'application/cloudevents+json',
  }
}

function plain(event: ManifoldEvent): Body {
  const { id, type, source, subject, time, data } = event
  const { sourceId, extensions, dataContentType, dataSchema, dataEncoding } = event
  const besides = { sourceId, extensions, dataContentType, dataSchema, dataEncoding }
  return {
    bytes: JSON.stringify({ id, type, source, subject, time, data, ...besides }),
    contentType: JSON_TYPE,
  }
}

function dataBody(event: ManifoldEvent): Body {
  const { data, dataEncoding, dataContentType } = event
  if (dataEncoding === 'base64') {
    const bytes = Buffer.from(String(data), 'base64')
    return { bytes, contentType: dataContentType ?? 'application/octet-stream' }
  }
  const contentType = dataContentType ?? JSON_TYPE
  if (isAbsent(event)) return { bytes: '', contentType }
  const isText = typeof data === 'string' && !isJson(dataContentType)
  return { bytes: isText ? data : JSON.stringify(data), contentType }
}

/** JSON has a `null`; other data are there or not. */
function isAbsent({ data, dataContentType }: ManifoldEvent): boolean {
  return data === null && !isJson(dataContentType)
}

function isJson(contentType: string | undefined): boolean {
  const media = contentType === undefined ? undefined : parseMediaType(contentType)
  return contentType === undefined || (media !== undefined && isJsonMediaType(media))
}
