/** Claiming: a worker takes a delivery and gets all an attempt needs. */
import type { DeadReason, DeliveryRef, DeliveryStatus, ManifoldEvent } from '@manifold/domain'
import { keys } from './keys.ts'
import { loadScript, replyStrings, runScript, unexpectedReply } from './script.ts'
import type { Store } from './store.ts'

const claimScript = loadScript('claim-delivery')

export type Claim = {
  readonly kind: 'claimed'
  readonly event: ManifoldEvent
  readonly acceptedAtMs: number
  /** Shown again when settling: tells whether another worker has taken over since. */
  readonly fence: number
  /** Recorded over all generations. */
  readonly attempts: number
  /** Counted in this generation. */
  readonly spent: number
  /** Since this generation began, by Redis's clock. */
  readonly ageMs: number
  readonly trace: { readonly traceId: string; readonly flags: string }
}

export type ClaimResult =
  | Claim
  /** The event is no longer kept. */
  | { readonly kind: 'missing' }
  /** A replay has started a later generation. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'terminal'; readonly status: DeliveryStatus; readonly reason: DeadReason | undefined }
  /** The next attempt is not due yet. */
  | { readonly kind: 'early'; readonly remainingMs: number }
  /** The breaker lets nothing through to the target. */
  | { readonly kind: 'held'; readonly forMs: number }

/** Longer than most attempts take. */
const DEFAULT_PROBE_MS = 30_000

/**
 * Claims a delivery. One round trip; repeating it is harmless.
 * @param probeMs how long the one probe of a half-open breaker may take to report
 */
export async function claimDelivery(
  store: Store,
  ref: DeliveryRef,
  probeMs = DEFAULT_PROBE_MS,
): Promise<ClaimResult> {
  const reply = replyStrings(
    claimScript,
    await runScript(
      store.redis,
      claimScript,
      [keys.event(ref.eventId), keys.payload(ref.eventId), keys.breaker(ref.target)],
      [ref.target, ref.generation, ref.eventId, probeMs],
    ),
  )
  const [kind = '', first = '', second = ''] = reply
  switch (kind) {
    case 'missing':
    case 'stale':
      return { kind }
    case 'terminal':
      return {
        kind,
        status: first as DeliveryStatus,
        reason: second === '' ? undefined : (second as DeadReason),
      }
    case 'early':
      return { kind, remainingMs: Number(first) }
    case 'held':
      return { kind, forMs: Number(first) }
    case 'claimed':
      return parseClaim(ref.eventId, reply)
    default:
      throw unexpectedReply(claimScript, reply)
  }
}

function parseClaim(eventId: string, reply: string[]): Claim {
  const [, fence, attempts, spent, ageMs, type, source, subject, time, acceptedAt, trace = '', data] = reply
  if (type === undefined || source === undefined || data === undefined)
    throw unexpectedReply(claimScript, reply)
  const acceptedAtMs = Number(acceptedAt)
  const [traceId = '', flags = '00'] = trace.split(' ')
  return {
    kind: 'claimed',
    event: {
      id: eventId,
      type,
      source,
      subject: subject === '' ? undefined : subject,
      time: time === undefined || time === '' ? new Date(acceptedAtMs).toISOString() : time,
      data: JSON.parse(data) as unknown,
    },
    acceptedAtMs,
    fence: Number(fence),
    attempts: Number(attempts),
    spent: Number(spent),
    ageMs: Number(ageMs),
    trace: { traceId, flags },
  }
}
