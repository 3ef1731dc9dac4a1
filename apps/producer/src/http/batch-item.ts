/**
 * One item of a batch: checked and accepted exactly as a request of its own, with a result that never fails.
 *
 * `Idempotency-Key: K` on a batch is `K/<index>` on its items, so that a whole batch can be sent again, in the same
 * order: what was accepted answers as a duplicate, what was not is accepted now. An item's own `id` does the same
 * without a key, in any order.
 */
import { PROBLEMS, type CloudEventContext, type SpanContext } from '@manifold/domain'
import type { Caller } from '../callers/caller.ts'
import type * as answers from '../contract/answers/index.ts'
import type { Logger } from '@manifold/runtime'
import { isStoreUnavailable } from '@manifold/store'
import { acceptEvent, type AcceptDeps } from '../accept-event.ts'
import { isRefusal, overloadProblem, refusalProblem } from './accept-problem.ts'
import type { Line } from './line-splitter.ts'
import { parseJson } from './parse-json.ts'
import { problem, problemBody, type Problem } from './problem.ts'
import { acceptedView } from './views.ts'

/** An item's JSON as what `acceptEvent` takes, or why it cannot be. */
export type ItemReading =
  | {
      readonly kind: 'item'
      readonly body: unknown
      readonly rawBody: Uint8Array | string
      readonly context?: CloudEventContext
    }
  | { readonly kind: 'problem'; readonly problem: Problem }

/** How the items of a media type become events. `raw` is the item as it came. */
export type ReadItem = (value: unknown, raw: Uint8Array) => ItemReading

/** An item as it came, or one that is not to be looked at. */
export type BatchLine = Line | { readonly kind: 'refused'; readonly problem: Problem }

/** Lines of a batch, in the pieces they come in. */
export type BatchLines = AsyncIterable<readonly BatchLine[]> | Iterable<readonly BatchLine[]>

/** What all items of one batch have in common. */
export type BatchRequest = {
  readonly readItem: ReadItem
  /** Whether no items are a batch too. */
  readonly mayBeEmpty: boolean
  /** The caller wants to hear of failed items only. */
  readonly minimal: boolean
  readonly idempotencyKey: string | undefined
  readonly caller: Caller
  readonly traceparent: string | undefined
  readonly askedBy?: SpanContext | undefined
  readonly requestId: string | undefined
}

export type BatchItemDeps = AcceptDeps & {
  readonly onAccepted: (type: string) => void
  readonly logger: Logger
}

export type ItemResult = {
  readonly outcome: 'accepted' | 'duplicates' | 'failed'
  /** As the caller sees it. */
  readonly view: answers.BatchItem
}

/** Items that are events as POST /v1/events takes them. */
export const readEventItem: ReadItem = (value, raw) => ({ kind: 'item', body: value, rawBody: raw })

/** Accepts one item, or says why not. Never throws: a lost Redis is the result of the items it was lost for. */
export async function acceptItem(
  deps: BatchItemDeps,
  batch: BatchRequest,
  line: BatchLine,
  index: number,
): Promise<ItemResult> {
  try {
    return await accept(deps, batch, line, index)
  } catch (error) {
    if (isStoreUnavailable(error)) return failed(problem('store-unavailable'), batch, index)
    deps.logger.error({ err: error, requestId: batch.requestId, index }, 'an item of a batch failed')
    return failed(problem('internal-error'), batch, index)
  }
}

/** The result of an item that came to nothing. */
export function failed(what: Problem, batch: BatchRequest, index: number): ItemResult {
  return { outcome: 'failed', view: failedItem(what, batch.requestId, index) }
}

async function accept(
  deps: BatchItemDeps,
  batch: BatchRequest,
  line: BatchLine,
  index: number,
): Promise<ItemResult> {
  if (line.kind === 'refused') return failed(line.problem, batch, index)
  if (line.kind === 'too-long') return failed(problem('body-too-large'), batch, index)
  const overloaded = deps.intake.refusal()
  if (overloaded !== undefined) return failed(overloadProblem(overloaded), batch, index)
  const json = parseJson(line.bytes)
  const reading = json.kind === 'problem' ? json : batch.readItem(json.value, line.bytes)
  if (reading.kind === 'problem') return failed(reading.problem, batch, index)

  const { body, rawBody, context } = reading
  const { caller, traceparent, askedBy, idempotencyKey } = batch
  const answer = await acceptEvent(deps, {
    body,
    rawBody,
    caller: caller.name,
    mayPublish: caller.mayUse,
    traceparent,
    askedBy,
    idempotencyKey: idempotencyKey === undefined ? undefined : `${idempotencyKey}/${String(index)}`,
    ...(context === undefined ? {} : { context }),
  })
  if (isRefusal(answer)) return failed(refusalProblem(answer), batch, index)
  const duplicate = answer.kind === 'duplicate'
  if (!duplicate) deps.onAccepted(answer.type)
  return {
    outcome: duplicate ? 'duplicates' : 'accepted',
    view: acceptedItem(acceptedView(answer), index, duplicate),
  }
}

/** `status` is the HTTP one, as if the item had come alone; the event's own stands beside it. */
function acceptedItem(
  view: ReturnType<typeof acceptedView>,
  index: number,
  duplicate: boolean,
): answers.BatchItem {
  return { index, duplicate, ...view, status: 202, eventStatus: view.status }
}

function failedItem(what: Problem, requestId: string | undefined, index: number): answers.BatchItem {
  return { index, status: PROBLEMS[what.code].status, problem: problemBody(what, requestId) }
}
