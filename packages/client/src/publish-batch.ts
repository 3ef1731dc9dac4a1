/**
 * Publishes many events, with one result for each, in order.
 *
 * They go as NDJSON in chunks of bounded size, one request after the other: a chunk can be repeated when its answer
 * is lost, and it passes proxies that gather a body before they hand it on, which one endless request would not.
 * Each chunk has an idempotency key of its own, which the server counts on for its items; so a chunk is repeated
 * whole, and makes no second event.
 */
import { readItem, unanswered, type BatchItem } from './batch-item.ts'
import type { Connection } from './connection.ts'
import { randomKey } from './random-key.ts'
import { send } from './request.ts'
import { mayRepeat, retryDelayMs } from './retry.ts'

export type BatchOptions = {
  /** At most so many events in one request. Default 500. */
  readonly chunkSize?: number | undefined
  /** And at most about so many characters of JSON. Default 524,288. */
  readonly chunkLength?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type BatchResult = {
  readonly items: readonly BatchItem[]
  readonly accepted: number
  readonly refused: number
}

/** A line that was refused says nothing of when to try again. */
const ITEM_RETRY_AFTER_MS = 1_000

type Line = { readonly index: number; readonly json: string }

/** All at once: the results when the last one is there. */
export async function publishBatch(
  connection: Connection,
  events: Iterable<object> | AsyncIterable<object>,
  options: BatchOptions,
): Promise<BatchResult> {
  const items: BatchItem[] = []
  for await (const item of publishEach(connection, events, options)) items.push(item)
  const accepted = items.filter(({ kind }) => kind === 'accepted').length
  return { items, accepted, refused: items.length - accepted }
}

/** As they come: takes the next events only when the results of the last chunk were taken. */
export async function* publishEach(
  connection: Connection,
  events: Iterable<object> | AsyncIterable<object>,
  { chunkSize = 500, chunkLength = 524_288, signal }: BatchOptions,
): AsyncGenerator<BatchItem, void, undefined> {
  let chunk: Line[] = []
  let length = 0
  let index = 0
  for await (const event of events) {
    const json = JSON.stringify(event)
    if (chunk.length >= chunkSize || (chunk.length > 0 && length + json.length > chunkLength)) {
      yield* await sendChunk(connection, chunk, signal)
      chunk = []
      length = 0
    }
    chunk.push({ index: index++, json })
    length += json.length
  }
  if (chunk.length > 0) yield* await sendChunk(connection, chunk, signal)
}

/** Sends a chunk until every event of it has a result that lasts; the first such result of each is kept. */
async function sendChunk(
  connection: Connection,
  chunk: readonly Line[],
  signal: AbortSignal | undefined,
): Promise<readonly BatchItem[]> {
  const { retry, random, clock } = connection
  const idempotencyKey = randomKey()
  let items = chunk.map(({ index }) => unanswered(index))
  for (let attempt = 1; ; attempt++) {
    const answers = await post(connection, chunk, idempotencyKey, signal)
    items = items.map((item, place) => (isOpen(item) ? (answers[place] ?? item) : item))
    if (!items.some(isOpen)) return items
    const delayMs = retryDelayMs(retry, attempt, ITEM_RETRY_AFTER_MS, random)
    if (delayMs === undefined) return items
    await clock.sleep(delayMs, signal)
  }
}

/** Whether another try may change it. */
function isOpen(item: BatchItem): boolean {
  if (item.kind === 'accepted') return false
  return (
    item.error.code === 'unexpected-answer' ||
    (item.error.status !== undefined && mayRepeat('always', item.error.status))
  )
}

async function post(
  connection: Connection,
  chunk: readonly Line[],
  idempotencyKey: string,
  signal: AbortSignal | undefined,
): Promise<readonly (BatchItem | undefined)[]> {
  const { text } = await send(connection, {
    method: 'POST',
    path: ['v1', 'events', 'batch'],
    headers: {
      'content-type': 'application/x-ndjson',
      accept: 'application/x-ndjson',
      'idempotency-key': idempotencyKey,
    },
    body: chunk.map(({ json }) => `${json}\n`).join(''),
    repeat: 'always',
    expect: [200],
    signal,
  })
  const lines = text.split('\n').filter((line) => line !== '')
  // By place, not by the index in the answer: that one counts from the start of this request.
  return chunk.map(({ index }, place) => readItem(lines[place] ?? '', index))
}
