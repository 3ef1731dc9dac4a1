/**
 * How callers are told of their limit: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), and the
 * problem of one who has asked for too much.
 */
import type { ServerResponse } from 'node:http'
import type { Taken } from '../rate-limit/rate-limiter.ts'
import { problem, type Problem } from './problem.ts'

/** Says what the policy is and what is left of it. */
export function setRateLimitHeaders(response: ServerResponse, taken: Taken): void {
  const { kind, limit, remaining, resetMs } = taken
  response.setHeader('RateLimit-Policy', `"${kind}";q=${String(limit.max)};w=${String(limit.perSeconds)}`)
  response.setHeader('RateLimit', `"${kind}";r=${String(remaining)};t=${seconds(resetMs)}`)
}

/** What is refused because of the limit. */
export function tooMany({ kind, limit, resetMs }: Taken): Problem {
  const what = kind === 'publish' ? 'events to publish' : 'requests to read'
  return problem('rate-limited', {
    detail: `${String(limit.max)} ${what} per ${String(limit.perSeconds)} s; more in ${seconds(resetMs)} s`,
    headers: { 'retry-after': seconds(resetMs) },
  })
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1_000)))
}
