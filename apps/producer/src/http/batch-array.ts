/** A batch as one JSON array, of limited size: read as a whole, answered as a whole. */
import type { Request, Response } from 'express'
import type * as answers from '../contract/answers/index.ts'
import { acceptInOrder, type BatchCounts } from './accept-in-order.ts'
import type { BatchItemDeps, BatchRequest, ItemResult } from './batch-item.ts'
import { bodyBytes } from './json-body.ts'
import { splitJsonArray } from './json-array.ts'
import type { Line } from './line-splitter.ts'
import { decodeUtf8 } from './parse-json.ts'
import { problem, sendProblem, type Problem } from './problem.ts'
import { rationed, type RationDeps } from './ration.ts'
import { sendJson } from './send-json.ts'

export const MAX_ARRAY_ITEMS = 10_000

export type BatchArrayDeps = BatchItemDeps & RationDeps & { readonly maxBodyBytes: number }

type ArrayReading =
  | { readonly kind: 'items'; readonly items: readonly Line[] }
  | { readonly kind: 'problem'; readonly problem: Problem }

/** Answers a request whose body, read by `readBytes`, is an array of events. */
export async function answerArray(
  deps: BatchArrayDeps,
  batch: BatchRequest,
  request: Request,
  response: Response,
): Promise<void> {
  const reading = readArray(bodyBytes(request.body), deps.maxBodyBytes, batch.mayBeEmpty)
  if (reading.kind === 'problem') {
    const { code, details } = reading.problem
    sendProblem(response, code, details)
    return
  }
  const counts: BatchCounts = { accepted: 0, duplicates: 0, failed: 0 }
  response.locals['batch'] = counts
  const items: ItemResult['view'][] = []
  const lines = rationed(deps, batch.caller, [reading.items], { response, patienceMs: 0 })
  for await (const result of acceptInOrder(deps, batch, lines)) {
    counts[result.outcome]++
    if (!batch.minimal || result.outcome === 'failed') items.push(result.view)
    // Nobody waits for the answer any more.
    if (response.destroyed) return
  }
  sendJson(response, 200, { items, ...counts } satisfies answers.BatchResult)
}

/** Takes the array apart; its items are not judged yet, so that one of them cannot sink the others. */
function readArray(raw: Uint8Array, maxItemBytes: number, mayBeEmpty: boolean): ArrayReading {
  if (raw.length === 0) return refuse(problem('malformed-json', { detail: 'the body is empty' }))
  const text = decodeUtf8(raw)
  if (text === undefined) return refuse(problem('invalid-utf8'))
  const mistake = syntaxMistake(text)
  if (mistake !== undefined) return refuse(problem('malformed-json', { detail: mistake }))
  if (!text.trimStart().startsWith('['))
    return refuse(problem('invalid-batch', { detail: 'the body is no array' }))
  const items = splitJsonArray(text)
  if (items.length === 0 && !mayBeEmpty)
    return refuse(problem('invalid-batch', { detail: 'the array is empty' }))
  if (items.length > MAX_ARRAY_ITEMS) {
    const detail = `there are ${String(items.length)} items; an array takes ${String(MAX_ARRAY_ITEMS)}, NDJSON any number`
    return refuse(problem('invalid-batch', { detail }))
  }
  return { kind: 'items', items: items.map((item) => asLine(item, maxItemBytes)) }
}

function syntaxMistake(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function asLine(item: string, maxBytes: number): Line {
  const bytes = Buffer.from(item)
  return bytes.length > maxBytes ? { kind: 'too-long' } : { kind: 'line', bytes }
}

function refuse(what: Problem): ArrayReading {
  return { kind: 'problem', problem: what }
}
