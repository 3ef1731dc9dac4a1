/** The load generator: a process of its own, so that its work is neither Manifold's nor the bench's. */
import { z } from 'zod'
import { answerRequests } from '../stage/answer.ts'
import { runClosedLoop } from './closed-loop.ts'
import { postSteadily } from './steady-events.ts'
import { readSteadily } from './steady-reads.ts'

const schedule = z.object({ ratePerSecond: z.number(), durationMs: z.number() })

const job = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('closed-loop'),
    origin: z.string(),
    connections: z.number(),
    events: z.number(),
    dataBytes: z.number(),
    targets: z.array(z.string()).optional(),
  }),
  z.object({ kind: z.literal('steady-events'), origin: z.string(), dataBytes: z.number(), schedule }),
  z.object({ kind: z.literal('steady-reads'), origin: z.string(), eventIds: z.array(z.string()), schedule }),
])

answerRequests(0, job, (request): Promise<unknown> => {
  switch (request.kind) {
    case 'closed-loop':
      return runClosedLoop(request)
    case 'steady-events':
      return postSteadily(request.origin, request.dataBytes, request.schedule)
    case 'steady-reads':
      return readSteadily(request.origin, request.eventIds, request.schedule)
    default:
      return request satisfies never
  }
})
