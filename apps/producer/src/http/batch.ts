/**
 * `POST /v1/events/batch`: many events in one request, one result for each, in order. A bad item does not sink the
 * good ones; the answer is 200 whatever became of them.
 *
 * Owns which media types are taken, and how the items of each are read.
 */
import { isUtf8MediaType, parseMediaType } from '@manifold/domain'
import type { RequestHandler, Response } from 'express'
import { answerArray, type BatchArrayDeps } from './batch-array.ts'
import { readEventItem, type BatchRequest, type ReadItem } from './batch-item.ts'
import { answerLines, type BatchLinesDeps } from './batch-lines.ts'
import { BATCH_MEDIA_TYPE, structuredCloudEvent } from './cloud-event-body.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { readBytes } from './json-body.ts'
import { prefersMinimal } from './prefer.ts'
import { sendProblem } from './problem.ts'
import { traceOfItems } from './request-trace.ts'
import { callerOf } from './require-scope.ts'

export type BatchDeps = Omit<BatchArrayDeps & BatchLinesDeps, 'stallMs'> & {
  readonly maxBatchBytes: number
  /** How long a caller may leave its answer unread; 30 s by default. */
  readonly stallMs?: number
}

const STALL_MS = 30_000

const LINES: ReadonlyMap<string, ReadItem> = new Map([
  ['application/x-ndjson', readEventItem],
  ['application/ndjson', readEventItem],
  ['application/jsonl', readEventItem],
])

const ARRAYS: ReadonlyMap<string, ReadItem> = new Map([
  ['application/json', readEventItem],
  [BATCH_MEDIA_TYPE, structuredCloudEvent],
])

/** The handlers of the route, behind the one that knows the caller. */
export function acceptBatch(deps: BatchDeps): RequestHandler[] {
  const stallMs = deps.stallMs ?? STALL_MS

  const takeLines: RequestHandler = async (request, response, next) => {
    const media = parseMediaType(request.headers['content-type'] ?? '')
    const readItem = LINES.get(media?.essence ?? '') ?? ARRAYS.get(media?.essence ?? '')
    if (media === undefined || readItem === undefined || !isUtf8MediaType(media)) {
      const taken = [...ARRAYS.keys(), ...LINES.keys()].join(', ')
      sendProblem(response, 'unsupported-media-type', { detail: `a batch is one of ${taken}, in UTF-8` })
      return
    }
    const key = readIdempotencyKey(request.get('idempotency-key'))
    if (key.kind === 'invalid') {
      sendProblem(response, 'invalid-idempotency-key')
      return
    }
    const batch: BatchRequest = {
      readItem,
      // CloudEvents HTTP binding 1.0, section 3.3.2.
      mayBeEmpty: media.essence === BATCH_MEDIA_TYPE,
      minimal: prefersMinimal(request.get('prefer')),
      idempotencyKey: key.value,
      caller: callerOf(response),
      ...traceOfItems(request, response),
      requestId: response.locals['requestId'] as string | undefined,
    }
    response.locals['batchRequest'] = batch
    if (batch.minimal) response.set('preference-applied', 'return=minimal')
    if (LINES.has(media.essence)) await answerLines({ ...deps, stallMs }, batch, request, response)
    else next()
  }
  const takeArray: RequestHandler = (request, response) =>
    answerArray(deps, batchRequest(response), request, response)

  return [takeLines, readBytes(deps.maxBatchBytes), takeArray]
}

function batchRequest(response: Response): BatchRequest {
  return response.locals['batchRequest'] as BatchRequest
}
