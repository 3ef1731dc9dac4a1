/**
 * The data of a CloudEvent, by its media type: JSON is a value, text is a string, all else is bytes, held as base64.
 *
 * Text that is not UTF-8 is bytes too: nothing is lost.
 */
import { isJsonMediaType, isTextMediaType, isUtf8MediaType, parseMediaType } from './media-type.ts'
import { readJson, type JsonRefusal } from './read-json.ts'

export type CloudEventData = { readonly data: unknown; readonly dataEncoding: 'base64' | undefined }

/** Data that no event can carry, for a reason that is a code of the problem catalogue. */
export type DataRefusal =
  | JsonRefusal
  | { readonly kind: 'refused'; readonly code: 'unsupported-media-type'; readonly detail: string }
  | { readonly kind: 'refused'; readonly code: 'json-too-deep'; readonly detail?: string }

export type DataReading = ({ readonly kind: 'data' } & CloudEventData) | DataRefusal

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What was sent as a value: JSON, or a text of another type. */
export function plainData(data: unknown): Extract<DataReading, { kind: 'data' }> {
  return { kind: 'data', data, dataEncoding: undefined }
}

/** What was sent as bytes; no bytes are an event without data. */
export function dataOfBytes(bytes: Uint8Array, contentType: string | undefined): DataReading {
  if (bytes.length === 0) return plainData(null)
  const media = contentType === undefined ? undefined : parseMediaType(contentType)
  if (media !== undefined && isJsonMediaType(media)) {
    if (!isUtf8MediaType(media)) {
      const detail = `the charset is ${String(media.charset)}`
      return { kind: 'refused', code: 'unsupported-media-type', detail }
    }
    const reading = readJson(bytes)
    return reading.kind === 'json' ? plainData(reading.value) : reading
  }
  if (media !== undefined && isTextMediaType(media) && isUtf8MediaType(media)) {
    try {
      return plainData(utf8.decode(bytes))
    } catch {
      // Not what it says it is: kept as it came.
    }
  }
  return { kind: 'data', data: Buffer.from(bytes).toString('base64'), dataEncoding: 'base64' }
}

/** The bytes of a base64 text; `undefined` when it is none (RFC 4648, section 4, with its padding). */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  // Node skips what is not base64: only what comes out again as it was is.
  return bytes.toString('base64') === text ? bytes : undefined
}
