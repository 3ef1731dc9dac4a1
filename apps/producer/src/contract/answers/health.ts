/** What probes are answered. */
import { z } from 'zod'

export const healthy = z.object({ status: z.literal('ok') }).describe('It works.')

export type Healthy = z.infer<typeof healthy>

export const failing = z
  .object({ status: z.literal('failing'), problem: z.string() })
  .describe('It does not work now, and why.')

export type Failing = z.infer<typeof failing>
