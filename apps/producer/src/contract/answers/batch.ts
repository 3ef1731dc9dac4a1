/** The answer to a batch: a result for each item, in order. */
import { z } from 'zod'
import { accepted, acceptedExample } from './accepted.ts'
import { eventStatus } from './event.ts'
import { problem, problemExample } from './problem.ts'

const index = z.int().min(0).describe('Its place in the batch.')

const acceptedItem = z.object({
  index,
  duplicate: z.boolean().describe('It was stored before.'),
  ...accepted.shape,
  status: z.literal(202).describe('As if it had come alone.'),
  eventStatus,
})

const failedItem = z.object({
  index,
  status: z.int().min(400).max(599).describe('As if it had come alone.'),
  problem,
})

export const batchItem = z.union([acceptedItem, failedItem]).describe('What became of one item of a batch.')

export type BatchItem = z.infer<typeof batchItem>

const counts = { accepted: z.int().min(0), duplicates: z.int().min(0), failed: z.int().min(0) }

export const batchSummary = z
  .object({ summary: z.object(counts) })
  .describe('The last line of an answer in NDJSON; without it the answer is not whole.')

export const batchLine = z
  .union([batchItem, batchSummary])
  .describe('A line of an answer in NDJSON: a result for each line that came, and a summary as the last.')

export const batchResult = z
  .object({ items: z.array(batchItem), ...counts })
  .describe('What became of each item, in order.')

export type BatchResult = z.infer<typeof batchResult>

const goodItem = {
  index: 0,
  duplicate: false,
  ...acceptedExample,
  status: 202,
  eventStatus: 'pending',
} as const

const badItem = { index: 1, status: 422, problem: problemExample('invalid-event') }

const summary = { accepted: 1, duplicates: 0, failed: 1 }

export const batchResultExample = { items: [goodItem, badItem], ...summary } satisfies BatchResult

export const batchLinesExample = [goodItem, badItem, { summary }]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('')
