/**
 * Publishes many events, with one result for each, in order.
 *
 * They go as NDJSON in chunks of bounded size, one request after the other: a chunk can be repeated when its answer
 * is lost, and it passes proxies that gather a body before they hand it on, which one endless request would not.
 * Each chunk has an idempotency key of its own, which the server counts on for its items; so a chunk is repeated
 * whole, and makes no second event.
 */
import { readItem, unanswered, type BatchItem } from './batch-item.ts'
import { chunksOf, type Chunk } from './chunk.ts'
import type { Connection } from './connection.ts'
import { randomKey } from './random-key.ts'
import { send } from './request.ts'
import { mayRepeat, retryDelayMs } from './retry.ts'

export type BatchOptions = {
  /**
   * Your own; the client makes one without it. Send the same list again under the same key, with the same chunks, and
   * what was accepted the first time is not accepted again.
   */
  readonly idempotencyKey?: string | undefined
  /** At most so many events in one request. Default 200. */
  readonly chunkSize?: number | undefined
  /** And at most about so many characters of JSON. Default 262,144. */
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
  options: BatchOptions,
): AsyncGenerator<BatchItem, void, undefined> {
  const { idempotencyKey = randomKey(), chunkSize = 200, chunkLength = 262_144, signal } = options
  for await (const chunk of chunksOf(events, chunkSize, chunkLength)) {
    yield* await sendChunk(connection, chunk, `${idempotencyKey}.${String(chunk.firstIndex)}`, signal)
  }
}

/** Sends a chunk until every event of it has a result that lasts; the first such result of each is kept. */
async function sendChunk(
  connection: Connection,
  chunk: Chunk,
  idempotencyKey: string,
  signal: AbortSignal | undefined,
): Promise<readonly BatchItem[]> {
  const { retry, random, clock } = connection
  let items = chunk.lines.map((_line, place) => unanswered(chunk.firstIndex + place))
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
  chunk: Chunk,
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
    body: chunk.lines.map((line) => `${line}\n`).join(''),
    repeat: 'always',
    expect: [200],
    signal,
  })
  const lines = text.split('\n').filter((line) => line !== '')
  // By place, not by the index in the answer: that one counts from the start of this request.
  return chunk.lines.map((_line, place) => readItem(lines[place] ?? '', chunk.firstIndex + place))
}
