/** A caller of POST /v1/events/batch that sends and reads at the same time, as one who streams must. */
import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import type { DeliveryAnswer, ProblemAnswer } from './api.ts'

export type AcceptedItemAnswer = {
  index: number
  status: 202
  duplicate: boolean
  id: string
  type: string
  eventStatus: string
  acceptedAt: string
  deliveries: Pick<DeliveryAnswer, 'id' | 'target' | 'status'>[]
}

export type FailedItemAnswer = {
  index: number
  status: 400 | 409 | 413 | 422 | 429 | 500 | 503
  problem: ProblemAnswer
}

export type BatchItemAnswer = AcceptedItemAnswer | FailedItemAnswer

export type BatchCounts = { accepted: number; duplicates: number; failed: number }

export type BatchAnswer = BatchCounts & { items: BatchItemAnswer[] }

export type BatchLineAnswer = BatchItemAnswer | { summary: BatchCounts }

/** Sends NDJSON in these chunks; every line of the answer as soon as it comes. @throws when the answer is not 200 */
export async function* readBatchLines(
  url: string,
  chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  headers: Record<string, string> = {},
): AsyncGenerator<BatchLineAnswer> {
  const call = request(`${url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  })
  Readable.from(chunks).pipe(call)
  const [answer] = (await once(call, 'response')) as [Readable & { statusCode: number }]
  if (answer.statusCode !== 200) throw new Error(`answered ${String(answer.statusCode)}`)
  for await (const line of createInterface({ input: answer })) yield JSON.parse(line) as BatchLineAnswer
}

/** A body whose lines are written while it is sent. */
export function openLines(): {
  readonly body: ReadableStream<Uint8Array>
  readonly send: (item: unknown) => void
  readonly end: () => void
} {
  const { readable, writable } = new TransformStream<string, string>()
  const writer = writable.getWriter()
  // Whoever reads it may have gone.
  const ignore = () => undefined
  return {
    body: readable.pipeThrough(new TextEncoderStream()),
    send: (item) => void writer.write(`${JSON.stringify(item)}\n`).catch(ignore),
    end: () => void writer.close().catch(ignore),
  }
}

export function isFailed(answer: BatchLineAnswer): answer is FailedItemAnswer {
  return 'problem' in answer
}

export async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of all) list.push(one)
  return list
}
