/**
 * Classify: what an answer, or the lack of one, comes to. The fourth stage of an attempt.
 *
 * The default table: 2xx delivered; 408, 425, 429 and 5xx retryable; 410 gone; every other status permanent, redirects
 * included. A target's own `classify` is asked first.
 */
import { parseRetryAfterMs, type Outcome, type Target, type TargetResponse } from '@manifold/domain'
import type { Sent } from './send.ts'

const RETRYABLE_4XX = new Set([408, 425, 429])

export function classify(
  target: Pick<Target, 'classify'>,
  sent: Exclude<Sent, { kind: 'interrupted' }>,
  nowMs: number,
): Outcome {
  if (sent.kind === 'failed') return { kind: 'retryable', reason: sent.reason }
  return judgeByTarget(target, sent.response) ?? judgeByStatus(sent.response, nowMs)
}

function judgeByTarget(target: Pick<Target, 'classify'>, response: TargetResponse): Outcome | undefined {
  try {
    return target.classify?.(response)
  } catch {
    // The API may have done its work: sending again because our judge is broken could do it twice.
    return { kind: 'permanent', reason: 'classify-failed', deadReason: 'invalid' }
  }
}

function judgeByStatus({ status, headers }: TargetResponse, nowMs: number): Outcome {
  const reason = `http-${String(status)}`
  if (status >= 200 && status < 300) return { kind: 'delivered', reason }
  if (status === 410) return { kind: 'permanent', reason, deadReason: 'gone' }
  if (status >= 500 || RETRYABLE_4XX.has(status)) {
    const retryAfterMs = parseRetryAfterMs(headers['retry-after'], nowMs)
    return retryAfterMs === undefined
      ? { kind: 'retryable', reason }
      : { kind: 'retryable', reason, retryAfterMs }
  }
  return { kind: 'permanent', reason }
}
