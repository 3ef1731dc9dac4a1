/**
 * How often each caller may ask, counted in Redis for all producers together.
 *
 * Counts within fixed windows, publishing and reading apart. One round trip; none for a caller who has used up the window,
 * which is remembered here until it ends. Redis away is an error, as it is to the request itself.
 */
import type { RateLimit, RateLimits } from '@manifold/config'
import { keys, type Store } from '@manifold/store'
import type { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Caller } from '../callers/caller.ts'

/** What is counted: an event costs one, and so does a request to read. */
export type Limited = 'publish' | 'read'

export type Taken = {
  readonly kind: Limited
  /** How many of those asked for may go on, from the first. */
  readonly granted: number
  readonly limit: RateLimit
  readonly remaining: number
  /** How long until there is more. */
  readonly resetMs: number
}

export type RateLimiter = {
  /** Whether this caller is limited at all. */
  readonly limits: (caller: Caller) => boolean
  /** Only for a caller who is limited. @throws when Redis is away */
  readonly take: (caller: Caller, kind: Limited, count: number) => Promise<Taken>
}

/** Loads what it is made of: a producer without limits does not. */
export async function createRateLimiter(store: Store, limits: RateLimits): Promise<RateLimiter> {
  const { RateLimiterRedis } = await import('rate-limiter-flexible')
  // Limits are few, however many callers there are.
  const counters = new Map<RateLimit, RateLimiterRedis>()
  for (const limit of [limits.everyone, ...limits.own.values()]) {
    if (limit === undefined) continue
    const counter = new RateLimiterRedis({
      storeClient: store.redis,
      keyPrefix: '',
      points: limit.max,
      duration: limit.perSeconds,
      inMemoryBlockOnConsumed: limit.max,
    })
    counters.set(limit, counter)
  }
  const limitOf = ({ name }: Caller) => limits.own.get(name) ?? limits.everyone

  return {
    limits: (caller) => limitOf(caller) !== undefined,
    take: async (caller, kind, count) => {
      const limit = limitOf(caller)
      const counter = limit === undefined ? undefined : counters.get(limit)
      if (limit === undefined || counter === undefined) throw new TypeError(`${caller.name} has no limit`)
      const { isRefused, state } = await consume(
        counter,
        keys.rateLimit(kind, limit.perSeconds, caller.name),
        count,
      )
      const resetMs = Math.max(0, state.msBeforeNext)
      if (!isRefused) return { kind, granted: count, limit, remaining: state.remainingPoints, resetMs }
      // Nothing consumed: it was known here that nothing is left.
      const before = state.consumedPoints === 0 ? limit.max : state.consumedPoints - count
      return { kind, granted: Math.max(0, limit.max - before), limit, remaining: 0, resetMs }
    },
  }
}

/** The library refuses by rejecting, with the state in place of an error. */
async function consume(
  counter: RateLimiterRedis,
  key: string,
  count: number,
): Promise<{ isRefused: boolean; state: RateLimiterRes }> {
  try {
    return { isRefused: false, state: await counter.consume(key, count) }
  } catch (refusal) {
    if (isState(refusal)) return { isRefused: true, state: refusal }
    throw refusal
  }
}

function isState(value: unknown): value is RateLimiterRes {
  return typeof value === 'object' && value !== null && 'msBeforeNext' in value && 'consumedPoints' in value
}
