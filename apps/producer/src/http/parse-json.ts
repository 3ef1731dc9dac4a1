/**
 * From bytes to a JSON value, or to the problem they are answered with: UTF-8, numbers and syntax have one each.
 *
 * The same for a body and for one item of a batch.
 */
import { readJson } from '@manifold/domain'
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
  const reading = readJson(raw)
  if (reading.kind === 'json') return { kind: 'value', value: reading.value }
  const details = reading.detail === undefined ? {} : { detail: reading.detail }
  switch (reading.code) {
    case 'invalid-utf8':
      return refuse(problem('invalid-utf8', details))
    case 'inexact-number':
      return refuse(problem('inexact-number', details))
    case 'malformed-json':
      return refuse(problem('malformed-json', details))
    default:
      return reading.code satisfies never
  }
}

function refuse(what: Problem): JsonReading {
  return { kind: 'problem', problem: what }
}
