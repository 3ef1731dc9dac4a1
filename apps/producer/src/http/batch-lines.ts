/**
 * A batch as NDJSON, of any length: read, accepted and answered line by line, in memory that does not grow with it.
 *
 * A caller must read the answer while it sends: reading pauses while the answer waits to be taken, and a caller who
 * takes nothing for `stallMs` is cut off. One who cannot do both at once asks for failures only (`Prefer: return=minimal`). When the caller goes away, what was accepted stays accepted, and the rest is
 * not read: delivery of the same batch, sent again, is at least once, or once with ids or an Idempotency-Key.
 */
import type { Readable } from 'node:stream'
import type { Request, Response } from 'express'
import { acceptInOrder, type BatchCounts } from './accept-in-order.ts'
import { failed, type BatchItemDeps, type BatchRequest, type ItemResult } from './batch-item.ts'
import { createLineSplitter, type Line } from './line-splitter.ts'
import { createPatientWriter } from './patient-writer.ts'
import { problem, sendProblem } from './problem.ts'
import { rationed, type RationDeps } from './ration.ts'
import { allowSlowBody } from './slow-body.ts'
import { unpackBody } from './unpack-body.ts'

export type BatchLinesDeps = BatchItemDeps &
  RationDeps & { readonly maxBodyBytes: number; readonly stallMs: number }

/** How long a caller may send nothing, in the middle of its lines, or nothing that ends the line it has begun. */
const IDLE_MS = 60_000

/** A caller that may not publish more for so long is slowed down; one that may not for longer is told so. */
const PATIENCE_MS = 5_000

const LINE_FEED = 0x0a

/** How long what is left of a body that cannot be read is still taken, so that its answer arrives. */
const LINGER_MS = 2_000

/** Answers a request whose body is NDJSON: a line for each line, and a summary as the last. */
export async function answerLines(
  deps: BatchLinesDeps,
  batch: BatchRequest,
  request: Request,
  response: Response,
): Promise<void> {
  const body = unpackBody(request)
  if (body === undefined) {
    const detail = `the Content-Encoding is ${String(request.headers['content-encoding'])}`
    sendProblem(response, 'unsupported-media-type', { detail })
    return
  }
  allowSlowBody(request, IDLE_MS)
  const counts: BatchCounts = { accepted: 0, duplicates: 0, failed: 0 }
  response.locals['batch'] = counts
  const write = createPatientWriter(response, deps.stallMs)
  const writeLine = (line: object) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    return write(`${JSON.stringify(line)}\n`)
  }
  const writeResult = (result: ItemResult) => {
    counts[result.outcome]++
    return batch.minimal && result.outcome !== 'failed' ? true : writeLine(result.view)
  }

  const lines = rationed(deps, batch.caller, linesOf(request, body, deps.maxBodyBytes), {
    response,
    patienceMs: PATIENCE_MS,
  })
  let read = 0
  try {
    for await (const result of acceptInOrder(deps, batch, lines)) {
      read++
      if (!(await writeResult(result))) return
    }
  } catch (error) {
    if (hasGone(request, response)) return
    // The request is whole, so it is the unpacking that failed.
    if (body === request) throw error
    discardRest(request)
    const detail = `the body cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`
    if (read === 0) {
      sendProblem(response, 'malformed-json', { detail })
      return
    }
    if (!(await writeResult(failed(problem('malformed-json', { detail }), batch, read)))) return
  }
  if (read === 0) sendProblem(response, 'invalid-batch', { detail: 'there is not one line' })
  else if (await writeLine({ summary: counts })) response.end()
}

/** A caller that takes too long over one line is cut off. */
async function* linesOf(
  request: Request,
  body: Readable,
  maxBytes: number,
): AsyncGenerator<readonly Line[], void> {
  const splitter = createLineSplitter(maxBytes)
  let begunAtMs = performance.now()
  for await (const piece of body) {
    const chunk = piece as Uint8Array
    const endsLine = chunk.includes(LINE_FEED)
    if (!endsLine && performance.now() - begunAtMs > IDLE_MS) request.destroy()
    yield splitter.push(chunk)
    // Behind the work on these lines: how long that takes is not the caller's doing.
    if (endsLine) begunAtMs = performance.now()
  }
  yield splitter.end()
}

function hasGone(request: Request, response: Response): boolean {
  return response.destroyed || (request.destroyed && !request.complete)
}

function discardRest(request: Request): void {
  request.resume()
  const timer = setTimeout(() => request.destroy(), LINGER_MS)
  request.once('close', () => {
    clearTimeout(timer)
  })
}
