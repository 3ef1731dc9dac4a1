/**
 * Classify: what an answer, or the lack of one, comes to. The fourth stage of an attempt.
 *
 * The default table: 2xx delivered; 429 and 503 with `Retry-After` throttled; 408, 425, 429 and 5xx retryable; 410 gone;
 * 401 and 403 permanent, but worth a few tries where a token may have run out; every other status permanent, redirects
 * included. A target's own `classify` is asked first.
 */
import {
  isOutcome,
  parseRetryAfterMs,
  type HttpTarget,
  type Outcome,
  type TargetResponse,
} from '@manifold/domain'
import type { Sent } from './send.ts'

const RETRYABLE_4XX = new Set([408, 425, 429])

/** A refused token is tried this often: a new one may take a moment to be known everywhere. */
const UNAUTHORIZED_ATTEMPTS = 3

type Judge = Pick<HttpTarget, 'classify' | 'auth'>

/** @param nowMs what a `Retry-After` date is measured from */
export function classify(target: Judge, sent: Sent, nowMs: number): Outcome {
  switch (sent.kind) {
    case 'failed':
      return { kind: 'retryable', reason: sent.reason }
    case 'blocked':
      return { kind: 'permanent', reason: 'blocked-address', deadReason: 'blocked' }
    case 'answered':
      return judgeByTarget(target, sent.response) ?? judgeByStatus(target, sent.response, nowMs)
    default:
      return sent satisfies never
  }
}

/** The API may have done its work: sending again because our judge is broken could do it twice. */
const BROKEN_JUDGE: Outcome = { kind: 'permanent', reason: 'classify-failed', deadReason: 'invalid' }

function judgeByTarget(target: Judge, response: TargetResponse): Outcome | undefined {
  try {
    const outcome: unknown = target.classify?.(response)
    if (outcome instanceof Promise) outcome.catch(() => undefined)
    if (outcome === undefined) return undefined
    return isOutcome(outcome) ? outcome : BROKEN_JUDGE
  } catch {
    return BROKEN_JUDGE
  }
}

function judgeByStatus({ auth }: Judge, { status, headers }: TargetResponse, nowMs: number): Outcome {
  const reason = `http-${String(status)}`
  if (status >= 200 && status < 300) return { kind: 'delivered', reason }
  if (status === 410) return { kind: 'permanent', reason, deadReason: 'gone' }
  if ((status === 401 || status === 403) && auth.renewable === true) {
    return {
      kind: 'retryable',
      reason,
      giveUp: { afterAttempts: UNAUTHORIZED_ATTEMPTS, deadReason: 'rejected' },
    }
  }
  if (status < 500 && !RETRYABLE_4XX.has(status)) return { kind: 'permanent', reason }
  const retryAfterMs = parseRetryAfterMs(headers['retry-after'], nowMs)
  if (retryAfterMs === undefined) return { kind: 'retryable', reason }
  if (status === 429 || status === 503) return { kind: 'throttled', reason, afterMs: retryAfterMs }
  return { kind: 'retryable', reason, retryAfterMs }
}
