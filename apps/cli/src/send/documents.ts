/**
 * What stands in an input: one JSON document a line; or a JSON array, whose items count as lines; or one document over
 * several lines. Lines are read as they come, the other two as a whole. The first line tells which.
 */
import { readJson, type JsonRefusal } from '@manifold/domain'
import { linesOf, type Line } from './lines.ts'
import { mayGoOn, startsArray } from './open-document.ts'

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
  const line = first.value
  if (line.kind === 'too-long') yield readLine(line)
  else if (startsArray(line.bytes) && readJson(line.bytes).kind === 'json')
    yield* arrayOrLine(line, lines, maxWholeBytes)
  else if (mayGoOn(line.bytes)) yield* wholeOrLines(line, lines, maxWholeBytes)
  else yield readLine(line)
  for await (const next of lines) yield readLine(next)
}

type WholeLine = Extract<Line, { kind: 'line' }>

/** An array that ends with its line: it is all there is; or data that is an array, as in the lines that follow. */
async function* arrayOrLine(
  line: WholeLine,
  lines: AsyncIterator<Line>,
  maxBytes: number,
): AsyncGenerator<Document, void, undefined> {
  const second = await nextOf(lines)
  if (second !== undefined) yield* [readLine(line), readLine(second)]
  else if (line.bytes.length > maxBytes) yield tooLongArray(maxBytes)
  else {
    const whole = readJson(line.bytes)
    yield* whole.kind === 'json' ? itemsOf(whole.value) : [broken(whole, line.number)]
  }
}

/** An array, or a document that is written over several lines; else lines after all. */
async function* wholeOrLines(
  first: WholeLine,
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
  const isArray = startsArray(first.bytes)
  if (length > maxBytes && isArray) {
    yield tooLongArray(maxBytes)
    // Nothing in the middle of an array is a line.
    while ((await nextOf(lines)) !== undefined);
    return
  }
  const whole = readJson(Buffer.concat(parts))
  if (whole.kind === 'json') yield* itemsOf(whole.value)
  else if (isArray) yield broken(whole, 1)
  else yield* read.map(readLine)
}

function tooLongArray(maxBytes: number): Document {
  const detail = `a JSON array may have ${String(maxBytes)} bytes: write one event a line instead (jq -c '.[]')`
  return { kind: 'broken', line: 1, code: 'body-too-large', detail }
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
