/** What a callback URL is sent (Standard Webhooks 1.0). */
import { z } from 'zod'
import { aggregate, aggregateExample } from './aggregate.ts'
import { time } from './time.ts'

export const settledCallback = z
  .object({ type: z.literal('event.settled'), timestamp: time, data: aggregate })
  .describe('An event with a `callbackUrl` was settled.')

export type SettledCallback = z.infer<typeof settledCallback>

export const settledCallbackExample = {
  type: 'event.settled',
  timestamp: '2026-01-31T09:30:00.161Z',
  data: aggregateExample,
} satisfies SettledCallback
