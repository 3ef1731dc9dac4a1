/**
 * What stands in an input: one JSON document a line; or a JSON array, whose items count as lines; or one document over
 * several lines. Lines are read as they come, the other two as a whole.
 */
import { readJson, type JsonRefusal } from '@manifold/domain'
import { linesOf, type Line } from './lines.ts'

/** `line` is where it stands: the line's number, or the item's place in the array, from 1. */
export type Document =
  | { readonly kind: 'document'; readonly line: number; readonly value: unknown }
  | { readonly kind: 'broken'; readonly line: number; readonly code: string; readonly detail: string }

/** What is read as a whole may be so long. */
const MAX_WHOLE_BYTES = 67_108_864

const WHAT: Readonly<Record<JsonRefusal['code'], string>> = {
  'malformed-json': 'is not JSON',
  'invalid-utf8': 'is not UTF-8',
  'inexact-number': 'has a number that would not arrive as it was sent',
}

/** Never throws for what is in the input. */
export async function* documentsOf(
  chunks: AsyncIterable<Uint8Array>,
  maxWholeBytes = MAX_WHOLE_BYTES,
): AsyncGenerator<Document, void, undefined> {
  const lines = linesOf(withoutMark(chunks))
  const first = await lines.next()
  if (first.done === true) return
  if (first.value.kind === 'line' && mayGoOn(first.value.bytes))
    yield* wholeOrLines(first.value, lines, maxWholeBytes)
  else yield* [readLine(first.value)]
  for await (const line of lines) yield readLine(line)
}

/** An array, or a document that is written over several lines; else lines after all. */
async function* wholeOrLines(
  first: Line,
  lines: AsyncIterator<Line>,
  maxBytes: number,
): AsyncGenerator<Document, void, undefined> {
  const read: Line[] = []
  const parts: Uint8Array[] = []
  let length = 0
  for (let line: Line | undefined = first; line !== undefined; line = await nextOf(lines)) {
    read.push(line)
    if (line.kind === 'too-long') break
    parts.push(line.bytes, Buffer.from('\n'))
    length += line.bytes.length
    if (length > maxBytes) break
  }
  if (length > maxBytes && startsArray(parts)) {
    const detail = `a JSON array may have ${String(maxBytes)} bytes: write one event a line instead (jq -c '.[]')`
    yield { kind: 'broken', line: 1, code: 'body-too-large', detail }
    // Nothing in the middle of an array is a line.
    while ((await nextOf(lines)) !== undefined);
    return
  }
  const whole = readJson(Buffer.concat(parts))
  if (whole.kind === 'json') yield* itemsOf(whole.value)
  else if (startsArray(parts) && read.length > 1) yield broken(whole, 1)
  else yield* read.map(readLine)
}

function* itemsOf(value: unknown): Generator<Document, void, undefined> {
  const items: unknown[] = Array.isArray(value) ? value : [value]
  for (const [index, item] of items.entries()) yield { kind: 'document', line: index + 1, value: item }
}

function readLine(line: Line): Document {
  if (line.kind === 'too-long')
    return {
      kind: 'broken',
      line: line.number,
      code: 'body-too-large',
      detail: 'is longer than any event may be',
    }
  const reading = readJson(line.bytes)
  return reading.kind === 'json'
    ? { kind: 'document', line: line.number, value: reading.value }
    : broken(reading, line.number)
}

function broken({ code, detail }: JsonRefusal, line: number): Document {
  return {
    kind: 'broken',
    line,
    code,
    detail: detail === undefined ? WHAT[code] : `${WHAT[code]}: ${detail}`,
  }
}

/** Whether a first line begins an array, or a document that goes on in the next one. */
function mayGoOn(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1').trim()
  return text.startsWith('[') || (readJson(bytes).kind !== 'json' && /[{[,:]$/.test(text))
}

function startsArray(parts: readonly Uint8Array[]): boolean {
  return Buffer.from(parts[0] ?? [])
    .toString('latin1')
    .trimStart()
    .startsWith('[')
}

async function nextOf(lines: AsyncIterator<Line>): Promise<Line | undefined> {
  const next = await lines.next()
  return next.done === true ? undefined : next.value
}

/** Some programs begin a file with a byte order mark, which is not JSON. */
async function* withoutMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true
  for await (const chunk of chunks) {
    const marked = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
    yield marked ? chunk.subarray(3) : chunk
    isFirst = false
  }
}
