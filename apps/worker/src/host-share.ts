/**
 * A share for each host: where a target's deliveries go to hosts of many owners, one that is slow may not take every slot.
 *
 * What finds its host's share taken goes back to the queue and asks again later; it costs no attempt. It asks about when its turn
 * comes, as far as the host's pace tells: thousands that all ask every second would keep the worker from everybody else's.
 */
import { breakerOf, type DeliveryRef } from '@manifold/domain'
import type { Verdict } from '@manifold/queue'

/** Asked again after this long to twice as long, at least, so that those that were turned away do not come together. */
const LOOK_MS = 1_000

/** And at most: a host may become faster than it was. */
const MAX_LOOK_MS = 60_000

/** What is known of a host that something is under way to. */
type Host = {
  underWay: number
  /** How long the latest delivery took; a guess until one has ended. */
  tookMs: number
  /** Since when its share is taken without one having ended. */
  fullSinceMs: number
  /** When the turn of the last one that was turned away is expected. */
  turnAtMs: number
}

/** Delivers, if the host still has a slot. */
export type HostShares = (ref: DeliveryRef, deliver: () => Promise<Verdict>) => Promise<Verdict>

/**
 * Lets at most half of what is worked on at once go to one host.
 * @param random in [0, 1)
 * @param now milliseconds of a clock
 */
export function createHostShares(
  concurrency: number,
  random: () => number,
  now: () => number = Date.now,
): HostShares {
  const share = Math.max(1, Math.floor(concurrency / 2))
  const hosts = new Map<string, Host>()

  const turnedAway = (host: Host): number => {
    const nowMs = now()
    const tookMs = Math.max(host.tookMs, nowMs - host.fullSinceMs)
    host.turnAtMs = Math.min(Math.max(host.turnAtMs, nowMs) + tookMs / share, nowMs + MAX_LOOK_MS)
    const turnMs = (host.turnAtMs - nowMs) * (0.5 + random() / 2)
    return Math.ceil(Math.max(LOOK_MS * (1 + random()), turnMs))
  }

  return async (ref, deliver) => {
    const name = breakerOf(ref.target, ref.eventId)
    const host = hosts.get(name) ?? { underWay: 0, tookMs: LOOK_MS, fullSinceMs: now(), turnAtMs: 0 }
    if (host.underWay >= share) return { kind: 'defer', delayMs: turnedAway(host) }
    hosts.set(name, host)
    host.underWay++
    const beganMs = now()
    host.fullSinceMs = beganMs
    try {
      return await deliver()
    } finally {
      host.underWay--
      host.fullSinceMs = now()
      host.tookMs = host.fullSinceMs - beganMs
      if (host.underWay === 0) hosts.delete(name)
    }
  }
}
