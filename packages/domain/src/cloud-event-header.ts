/** Attribute values in HTTP headers (CloudEvents HTTP binding 1.0, section 3.1.3.2). */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** All but printable ASCII, and of that space, double quote and percent. */
const TO_ENCODE = /[^!#$&-~]+/g

/** Percent-encodes what a header cannot carry. Half a surrogate pair, which UTF-8 has no bytes for, becomes U+FFFD. */
export function encodeHeaderValue(text: string): string {
  return text.toWellFormed().replace(TO_ENCODE, encodeURIComponent)
}

/**
 * Reads a header's value, given with one character for each of its bytes. Quoted values and bytes of UTF-8 that were not
 * encoded, as older senders write them, are read too.
 * @returns `undefined` when it is broken: an open quote, a percent sign without two hex digits, or bytes that are not UTF-8
 */
export function decodeHeaderValue(value: string): string | undefined {
  const text = value.startsWith('"') ? unquote(value) : value
  if (text === undefined || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const bytes = text.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(parseInt(code.slice(1), 16)))
  try {
    return utf8.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
  } catch {
    return undefined
  }
}

function unquote(value: string): string | undefined {
  return /^"(?<inside>(?:[^"\\]|\\.)*)"$/.exec(value)?.groups?.['inside']?.replace(/\\(.)/g, '$1')
}
