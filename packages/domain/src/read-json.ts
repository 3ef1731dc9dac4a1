/**
 * From bytes to a JSON value that is what was sent: UTF-8, syntax and numbers are each judged for themselves.
 *
 * How deep a value nests is judged elsewhere (event-input.ts), where its place in the event is known.
 */

/** Codes of the problem catalogue. */
export type JsonRefusal = {
  readonly kind: 'refused'
  readonly code: 'malformed-json' | 'invalid-utf8' | 'inexact-number'
  readonly detail?: string
}

export type JsonReading = { readonly kind: 'json'; readonly value: unknown } | JsonRefusal

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads one JSON document. Never throws. */
export function readJson(bytes: Uint8Array): JsonReading {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { kind: 'refused', code: 'invalid-utf8' }
  }
  const altered = inexactNumber(text)
  if (altered !== undefined)
    return { kind: 'refused', code: 'inexact-number', detail: `${altered} cannot be carried exactly` }
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { kind: 'refused', code: 'malformed-json', detail }
  }
}

/** Digits enough to lose some, or an exponent: only then is a closer look worth its time. */
const SUSPICIOUS = /\d{16}|\d[eE]\+?\d{3}/

/** The first whole number that a double cannot hold, or number beyond its range: it would arrive as another one. */
export function inexactNumber(text: string): string | undefined {
  if (!SUSPICIOUS.test(text)) return undefined
  let found: string | undefined
  try {
    JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) => {
      const source = context?.source
      if (found === undefined && typeof value === 'number' && source !== undefined && !isExact(value, source))
        found = source
      return value
    })
  } catch {
    // Not JSON: the next step says so.
  }
  return found
}

function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false
  return !/^-?\d+$/.test(source) || Number.isSafeInteger(value) || BigInt(source) === BigInt(value)
}
