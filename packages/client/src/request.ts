/** A request that is tried until it has an answer: network errors and passing refusals are retried, all else is not. */
import { errorOf, type Answer } from './answer.ts'
import type { Connection } from './connection.ts'
import { startDeadline } from './deadline.ts'
import { ManifoldError } from './errors.ts'
import { exchange, urlOf, type Call } from './exchange.ts'
import { mayRepeat, readRetryAfterMs, retryDelayMs } from './retry.ts'

export type Request = Call & {
  /** `always`: twice is as good as once. `when-refused`: only if the server says that it did nothing. */
  readonly repeat: 'always' | 'when-refused'
  /** Statuses that are answers; each other one is an error. */
  readonly expect: readonly number[]
  /** How long the server is asked to wait, on top of the time an attempt has. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * @throws {ManifoldError} when it was refused, or no attempt had an answer
 * @throws the reason of the signal when it is aborted
 */
export async function send(connection: Connection, request: Request): Promise<Answer> {
  const { clock, retry, random } = connection
  const url = urlOf(connection, request)
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOnce(connection, url, request)
    if (!(answer instanceof ManifoldError)) return answer
    if (!mayRepeat(request.repeat, answer.status)) throw answer
    const delayMs = retryDelayMs(retry, attempt, answer.retryAfterMs, random)
    if (delayMs === undefined) throw answer
    await clock.sleep(delayMs, request.signal)
  }
}

async function attemptOnce(
  connection: Connection,
  url: URL,
  request: Request,
): Promise<Answer | ManifoldError> {
  const { signal, waitMs = 0, expect } = request
  signal?.throwIfAborted()
  const timeoutMs = connection.timeoutMs + waitMs
  const deadline = startDeadline(timeoutMs, signal)
  try {
    const response = await exchange(connection, url, request, deadline.signal)
    const { status, headers } = response
    const answer = { status, headers, text: await response.text() }
    if (expect.includes(status)) return answer
    return errorOf(answer, readRetryAfterMs(headers.get('retry-after'), connection.clock.nowMs()))
  } catch (error) {
    signal?.throwIfAborted()
    return deadline.isOver() ? timedOut(timeoutMs) : unreachable(error)
  } finally {
    deadline.end()
  }
}

export function timedOut(timeoutMs: number): ManifoldError {
  return new ManifoldError({
    code: 'timeout',
    title: 'Manifold did not answer in time',
    detail: `within ${String(timeoutMs)} ms`,
    fix: 'Try again, or allow more with timeoutMs.',
  })
}

export function unreachable(error: unknown): ManifoldError {
  // fetch says only "fetch failed"; why is underneath.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new ManifoldError({
    code: 'network-error',
    title: 'Manifold could not be reached',
    detail: cause instanceof Error ? cause.message : undefined,
    fix: 'Check the URL, and that the producer runs.',
    cause: error,
  })
}
