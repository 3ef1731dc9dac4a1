/**
 * The lines of a batch against the limit of its caller: each is an event that counts, and what is beyond the limit waits where
 * that is soon over, or is refused.
 *
 * A batch may be long: when the token it came with expires, or the key is withdrawn, the lines that come then are refused, too.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { isStoreUnavailable } from '@manifold/store'
import type { Response } from 'express'
import { canEnd, hasEnded, whyEnded, type Caller } from '../callers/caller.ts'
import type { RateLimiter, Taken } from '../rate-limit/rate-limiter.ts'
import type { BatchLine, BatchLines } from './batch-item.ts'
import { setRateLimitHeaders, tooMany } from './rate-limited.ts'
import { problem, type Problem } from './problem.ts'
import { whileConnected } from './while-connected.ts'

export type RationDeps = {
  /** `undefined` where nobody is limited. */
  readonly limiter: RateLimiter | undefined
  /** Aborts when the producer stops: nothing waits any longer. */
  readonly leaving: AbortSignal
}

export type RationOptions = {
  readonly response: Response
  /** How long the lines may be held up for the next window. */
  readonly patienceMs: number
}

/** The lines, in order; some refused. The same lines where nothing limits them. */
export function rationed(
  deps: RationDeps,
  caller: Caller,
  lines: BatchLines,
  options: RationOptions,
): BatchLines {
  const limiter = deps.limiter?.limits(caller) === true ? deps.limiter : undefined
  return limiter === undefined && !canEnd(caller)
    ? lines
    : ration(limiter, caller, lines, options, whileConnected(options.response, deps.leaving))
}

async function* ration(
  limiter: RateLimiter | undefined,
  caller: Caller,
  lines: BatchLines,
  { response, patienceMs }: RationOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly BatchLine[], void> {
  // One was taken for the request itself.
  let paid = 1
  for await (let rest of lines) {
    while (rest.length > 0) {
      if (hasEnded(caller)) {
        yield refused(rest, problem('unauthenticated', { detail: whyEnded(caller) }))
        break
      }
      const count = Math.max(0, rest.length - paid)
      const taken = limiter === undefined || count === 0 ? 'enough' : await take(limiter, caller, count)
      if (taken === 'store-unavailable') {
        yield refused(rest, problem('store-unavailable'))
        break
      }
      const granted = taken === 'enough' ? rest.length : taken.granted + rest.length - count
      paid = Math.max(0, paid - rest.length)
      if (taken !== 'enough' && !response.headersSent) setRateLimitHeaders(response, taken)
      if (granted > 0) yield rest.slice(0, granted)
      rest = rest.slice(granted)
      if (rest.length === 0 || taken === 'enough') continue
      if (taken.resetMs <= patienceMs && (await hasWaited(taken.resetMs, signal))) continue
      yield refused(rest, tooMany(taken))
      break
    }
  }
}

/** What Redis being away means to lines is told line by line: some were accepted. */
async function take(
  limiter: RateLimiter,
  caller: Caller,
  count: number,
): Promise<Taken | 'store-unavailable'> {
  try {
    return await limiter.take(caller, 'publish', count)
  } catch (error) {
    if (isStoreUnavailable(error)) return 'store-unavailable'
    throw error
  }
}

async function hasWaited(ms: number, signal: AbortSignal): Promise<boolean> {
  return wait(ms, true, { signal }).catch(() => false)
}

function refused(lines: readonly BatchLine[], why: Problem): BatchLine[] {
  return lines.map(() => ({ kind: 'refused', problem: why }))
}
