/** The load generator as the suites see it. */
import { z } from 'zod'
import type { ClosedLoopJob } from '../load/closed-loop.ts'
import type { Schedule } from '../load/open-loop.ts'
import { startProgram, type Program } from './program.ts'
import type { Scope } from './scope.ts'

const percentiles = z.object({
  count: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
})
const closedLoopReply = z.object({
  startedMs: z.number(),
  endedMs: z.number(),
  latencyMs: percentiles,
})
const steadyEventsReply = z.object({
  sent: z.array(z.tuple([z.string(), z.number()])),
  latenessMs: percentiles,
})
const steadyReadsReply = z.object({ latencyMs: percentiles, latenessMs: percentiles })

export type ClosedLoopReply = z.infer<typeof closedLoopReply>
export type SteadyEventsReply = z.infer<typeof steadyEventsReply>
export type SteadyReadsReply = z.infer<typeof steadyReadsReply>

export type Load = Program & {
  /** As fast as the connections allow. @throws when an event is refused */
  readonly post: (job: ClosedLoopJob) => Promise<ClosedLoopReply>
  readonly postSteadily: (origin: string, dataBytes: number, schedule: Schedule) => Promise<SteadyEventsReply>
  readonly readSteadily: (
    origin: string,
    eventIds: readonly string[],
    schedule: Schedule,
  ) => Promise<SteadyReadsReply>
}

/** Starts one that ends with the scope. */
export async function startLoad(scope: Scope, folder: string): Promise<Load> {
  const program = await startProgram(scope, folder, { entry: 'bench/load/main.ts' })
  return {
    ...program,
    post: (job) => program.ask({ kind: 'closed-loop', ...job }, closedLoopReply),
    postSteadily: (origin, dataBytes, schedule) =>
      program.ask({ kind: 'steady-events', origin, dataBytes, schedule }, steadyEventsReply),
    readSteadily: (origin, eventIds, schedule) =>
      program.ask({ kind: 'steady-reads', origin, eventIds, schedule }, steadyReadsReply),
  }
}
