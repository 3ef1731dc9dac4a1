/**
 * From bytes to a JSON value, or to what is wrong with them: UTF-8, numbers and syntax, each with an error of its own.
 *
 * The same for a body and for one item of a batch.
 */
import { problem, type Problem } from './problem.ts'

export type JsonReading =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problem'; readonly problem: Problem }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes as text; `undefined` when they are not UTF-8. */
export function decodeUtf8(raw: Uint8Array): string | undefined {
  try {
    return utf8.decode(raw)
  } catch {
    return undefined
  }
}

/** Reads one JSON document. */
export function parseJson(raw: Uint8Array): JsonReading {
  if (raw.length === 0) return refuse(problem('malformed-json', { detail: 'the body is empty' }))
  const text = decodeUtf8(raw)
  if (text === undefined) return refuse(problem('invalid-utf8'))
  const altered = inexactNumber(text)
  if (altered !== undefined) {
    return refuse(problem('inexact-number', { detail: `${altered} cannot be carried exactly` }))
  }
  try {
    return { kind: 'value', value: JSON.parse(text) as unknown }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return refuse(problem('malformed-json', { detail }))
  }
}

function refuse(what: Problem): JsonReading {
  return { kind: 'problem', problem: what }
}

/** Digits enough to lose some, or an exponent: only then is a closer look worth its time. */
const SUSPICIOUS = /\d{16}|\d[eE]\+?\d{3}/

/** The first whole number that a double cannot hold, or number beyond its range: it would arrive as another one. */
function inexactNumber(text: string): string | undefined {
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
