/**
 * A share for each host: where a target's deliveries go to hosts of many owners, one that is slow may not take every slot.
 *
 * What finds its host's share taken goes back to the queue and asks again a little later; it costs no attempt.
 */
import { breakerOf, type DeliveryRef } from '@manifold/domain'
import type { Verdict } from '@manifold/queue'

/** Asked again after this long to twice as long, so that those that were turned away do not come together. */
const LOOK_MS = 1_000

/** Delivers, if the host still has a slot. */
export type HostShares = (ref: DeliveryRef, deliver: () => Promise<Verdict>) => Promise<Verdict>

/**
 * Lets at most half of what is worked on at once go to one host.
 * @param random in [0, 1)
 */
export function createHostShares(concurrency: number, random: () => number): HostShares {
  const share = Math.max(1, Math.floor(concurrency / 2))
  const underWay = new Map<string, number>()
  return async (ref, deliver) => {
    const host = breakerOf(ref.target, ref.eventId)
    const before = underWay.get(host) ?? 0
    if (before >= share) return { kind: 'defer', delayMs: Math.ceil(LOOK_MS * (1 + random())) }
    underWay.set(host, before + 1)
    try {
      return await deliver()
    } finally {
      const left = (underWay.get(host) ?? 1) - 1
      if (left === 0) underWay.delete(host)
      else underWay.set(host, left)
    }
  }
}
