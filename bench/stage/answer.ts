/** The other end of `Program.ask`: a program of the bench says that it is ready and answers requests, one at a time. */
import { announceReady, endWithParent } from '@manifold/runtime'
import { z } from 'zod'

/** Answers until the bench ends. An error in `handle` ends the program, and the bench reports its output. */
export function answerRequests<Request>(
  port: number,
  schema: z.ZodType<Request>,
  handle: (request: Request) => Promise<unknown>,
): void {
  const envelope = z.object({ request: schema })
  const answer = async (message: unknown): Promise<void> => {
    process.send?.(await handle(envelope.parse(message).request))
  }
  endWithParent()
  process.on('message', (message) => void answer(message))
  announceReady(port)
}
