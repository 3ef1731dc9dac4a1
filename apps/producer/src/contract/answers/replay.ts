/** A bulk replay: how far it has come. */
import { z } from 'zod'
import { deadReason } from './delivery.ts'
import { time, timeOrNull } from './time.ts'

const progress = {
  id: z.string(),
  status: z
    .enum(['matching', 'running', 'completed'])
    .describe('`matching`: still counting the dead letters it takes.'),
  matched: z.int().min(0).describe('Dead letters the filter takes.'),
  replayed: z.int().min(0),
  failed: z.int().min(0).describe('No longer dead when their turn came.'),
}

export const replayStarted = z.object(progress).describe('A bulk replay that was just asked for.')

export type ReplayStarted = z.infer<typeof replayStarted>

export const replay = z
  .object({
    ...progress,
    startedAt: time,
    completedAt: timeOrNull,
    filter: z.object({
      target: z.string().optional(),
      type: z.string().optional(),
      reason: deadReason.optional(),
      after: timeOrNull,
      before: timeOrNull,
      limit: z.int().min(1).optional(),
      ratePerSecond: z.number().optional(),
    }),
  })
  .describe('A bulk replay, and how far it has come.')

export type Replay = z.infer<typeof replay>

export const replayStartedExample = {
  id: 'rpl_01KG9Q3A8N6V4YX9F5S7ZC2PED',
  status: 'matching',
  matched: 0,
  replayed: 0,
  failed: 0,
} satisfies ReplayStarted

export const replayExample = {
  ...replayStartedExample,
  status: 'running',
  matched: 240,
  replayed: 100,
  startedAt: '2026-01-31T09:40:00.000Z',
  completedAt: null,
  filter: { target: 'billing', reason: 'exhausted', after: null, before: null, ratePerSecond: 20 },
} satisfies Replay
