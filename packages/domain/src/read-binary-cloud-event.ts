/** A CloudEvent in binary mode: attributes in `ce-` headers, data in the body (HTTP binding 1.0, section 3.1). */
import { readAttributes } from './cloud-event-attributes.ts'
import { dataOfBytes } from './cloud-event-data.ts'
import { decodeHeaderValue } from './cloud-event-header.ts'
import { cloudEvent, type CloudEventReading, type MakeEventId } from './cloud-event.ts'
import type { FieldError } from './problem.ts'

const PREFIX = 'ce-'

/** Every value a header was sent with, by its name in lower case. */
export type HeaderValues = Readonly<Record<string, readonly string[] | undefined>>

/** Judges headers and body. Errors are at the header's name. Never throws. */
export function readBinaryCloudEvent(
  headers: HeaderValues,
  body: Uint8Array,
  makeEventId: MakeEventId,
): CloudEventReading {
  const given: [string, string][] = []
  const broken = new Map<string, string>()
  for (const [header, values] of Object.entries(headers)) {
    if (values === undefined || !header.startsWith(PREFIX)) continue
    const name = header.slice(PREFIX.length)
    const value = values.length === 1 ? decodeHeaderValue(values[0] ?? '') : undefined
    const message = headerError(name, values, value)
    if (message !== undefined) broken.set(header, message)
    else if (value !== undefined) given.push([name, value])
  }
  const contentType = headers['content-type']?.[0]
  if (contentType !== undefined) given.push(['datacontenttype', contentType])

  const reading = readAttributes(Object.fromEntries(given))
  if (reading.kind === 'invalid' || broken.size > 0) {
    const errors = [...broken].map(([path, message]): FieldError => ({ path, message }))
    if (reading.kind === 'invalid') {
      // An attribute whose header is broken is not missing besides.
      errors.push(...reading.errors.map(atHeader).filter(({ path }) => !broken.has(path)))
    }
    return { kind: 'invalid', errors }
  }
  const data = dataOfBytes(body, contentType)
  return data.kind === 'refused' ? data : cloudEvent(reading.attributes, data, makeEventId)
}

function headerError(name: string, values: readonly string[], value: string | undefined): string | undefined {
  if (name === 'datacontenttype') return 'sent as Content-Type, never as a ce- header'
  if (values.length !== 1) return `sent ${String(values.length)} times`
  if (value === undefined)
    return 'cannot be decoded: percent-encode the UTF-8 bytes of a space, " and % and of all that is not printable ASCII'
  return undefined
}

function atHeader({ path, message }: FieldError): FieldError {
  if (path === '(root)') return { path, message }
  return { path: path === 'datacontenttype' ? 'content-type' : PREFIX + path, message }
}
