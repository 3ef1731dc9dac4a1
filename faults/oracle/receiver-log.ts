/**
 * The receiver's log: a line for each request that came, written by the receiver when it is over.
 *
 * Owns the shape of the line. What it says is what happened on the wire, whatever Manifold believes.
 */
import { z } from 'zod'
import { readLines } from './ledger.ts'

const line = z.object({
  /** When its head had come. */
  atMs: z.number(),
  /** When its answer had gone out, or its connection was gone. */
  endedMs: z.number(),
  target: z.string(),
  /** `webhook-id`. */
  deliveryId: z.string(),
  idempotencyKey: z.string(),
  /** What the driver calls the event: from the body; `''` when the body did not come or says nothing of the kind. */
  key: z.string(),
  /** `''` when the body did not come whole. */
  bodyHash: z.string(),
  /** Which request of this delivery it is, from 1. */
  attempt: z.number(),
  /** The status of an answer that went out whole, or as far as anybody reads; `null` when there was none. */
  status: z.number().nullable(),
  /** Of the answer, as far as it was taken from the receiver. */
  answerBytes: z.number(),
  /** What the answer asked to wait, in milliseconds from `endedMs`; `null` when it did not ask, or could not be read. */
  retryAfterMs: z.number().nullable(),
})

export type RequestLine = z.infer<typeof line>

/** Reads a log back from its file. */
export function readReceiverLog(file: string): RequestLine[] {
  return readLines(file).map((text) => line.parse(JSON.parse(text)))
}
