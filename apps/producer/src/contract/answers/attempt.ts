/** An attempt as it is shown: as the last one of a delivery, and in the list of all attempts of an event. */
import type { OutcomeKind } from '@manifold/domain'
import { z } from 'zod'
import { pageOf } from './page.ts'
import { time } from './time.ts'

const OUTCOMES = [
  'delivered',
  'retryable',
  'permanent',
  'throttled',
] as const satisfies readonly OutcomeKind[]

const shape = {
  number: z.int().min(1).describe('Counted from 1, over all generations.'),
  at: time.describe('When the request started.'),
  durationMs: z.number().min(0),
  httpStatus: z.int().nullable().describe('null when no answer came.'),
  outcome: z.enum(OUTCOMES),
  reason: z
    .string()
    .describe('A stable short word: `http-503`, `timeout`, `connection-refused`, or what `classify` gave.'),
  error: z.string().nullable().describe('What the library or a function of the config said.'),
}

export const lastAttempt = z.object(shape).describe('The newest attempt of a delivery.')

export type LastAttempt = z.infer<typeof lastAttempt>

export const attempt = z
  .object({ deliveryId: z.string(), target: z.string(), generation: z.int().min(1), ...shape })
  .describe('One try at a delivery, and what it came to.')

export type Attempt = z.infer<typeof attempt>

export const attemptList = pageOf(attempt).describe(
  'Every attempt, oldest first, on one page. Of a delivery that was throttled without end, those of its latest 1,000 claims.',
)

export type AttemptList = z.infer<typeof attemptList>

export const lastAttemptExample = {
  number: 1,
  at: '2026-01-31T09:30:00.120Z',
  durationMs: 41,
  httpStatus: 200,
  outcome: 'delivered',
  reason: 'http-200',
  error: null,
} satisfies LastAttempt

export const attemptExample = {
  deliveryId: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-crm',
  target: 'crm',
  generation: 1,
  ...lastAttemptExample,
} satisfies Attempt
