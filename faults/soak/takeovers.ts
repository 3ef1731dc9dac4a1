/**
 * Takeovers: how long what a worker had in hand when it was killed waited for another. Pure.
 *
 * Seen from the receiver: a request that the kill cut off, or that was answered and not recorded any more, comes again. What was
 * disturbed otherwise in between (Redis away, a pause of this target) is not the takeover's; what cannot have held it up is.
 */
import type { Finding } from '../oracle/finding.ts'
import { TAKEOVER_MARGIN_MS, type Policy } from '../oracle/policy.ts'
import type { RequestLine } from '../oracle/receiver-log.ts'
import { disturbedMs, type Window } from '../oracle/windows.ts'

/** A receiver that is busy notices that a caller is gone so much later. */
const NOTICED_MS = 1_000

const KILL = /^SIGKILL of worker/

export type Takeover = { readonly deliveryId: string; readonly afterMs: number }

/**
 * Of all kills.
 * @param replayed deliveries with a later life: when that began the receiver cannot tell, and what waited for it waited for nobody
 */
export function takeovers(
  requests: readonly RequestLine[],
  windows: readonly Window[],
  replayed: ReadonlySet<string> = new Set(),
): Takeover[] {
  const kills = windows.filter(({ what }) => KILL.test(what))
  const byDelivery = Map.groupBy(requests, ({ deliveryId }) => deliveryId)
  return [...byDelivery].flatMap(([deliveryId, all]) => {
    if (replayed.has(deliveryId)) return []
    const own = all.toSorted((a, b) => a.atMs - b.atMs)
    return own.slice(1).flatMap((next, index): Takeover[] => {
      const before = own[index]
      const kill = before === undefined ? undefined : kills.find((one) => wasInHand(before, one.fromMs))
      if (kill === undefined) return []
      const others = windows.filter((one) => one !== kill)
      const afterMs = next.atMs - kill.fromMs - disturbedMs(kill.fromMs, next.atMs, others, next.target)
      return [{ deliveryId, afterMs: Math.max(0, afterMs) }]
    })
  })
}

/** Cut off by the kill, or answered shortly before; an answer that asks for a retry is none that a takeover waits for. */
function wasInHand({ atMs, endedMs, status }: RequestLine, killedMs: number): boolean {
  const wasFinal = status === null || status < 300
  return wasFinal && atMs <= killedMs + NOTICED_MS && Math.abs(endedMs - killedMs) <= NOTICED_MS
}

/** Those that took longer than is promised. */
export function lateTakeovers(all: readonly Takeover[], { timeoutMs }: Pick<Policy, 'timeoutMs'>): Finding[] {
  const mostMs = timeoutMs + TAKEOVER_MARGIN_MS
  return all
    .filter(({ afterMs }) => afterMs > mostMs)
    .map(({ deliveryId, afterMs }) => ({
      kind: 'taken-over-late',
      subject: deliveryId,
      detail: `${String(afterMs)} ms after its worker was killed; at most ${String(mostMs)} ms are promised`,
    }))
}
