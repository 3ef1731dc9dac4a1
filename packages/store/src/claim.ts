/** Claiming: a worker takes deliveries and gets all their attempts need. */
import {
  breakerOf,
  SUSPECT_AFTER_CRASHES,
  type DeadReason,
  type DeliveryRef,
  type DeliveryStatus,
  type EventTrace,
  type ManifoldEvent,
  type SpanContext,
} from '@manifold/domain'
import type { RedisClient } from './connection.ts'
import { isStoreUnavailable } from './unavailable.ts'
import { readContext } from './event-record.ts'
import { keys } from './keys.ts'
import { loadScript, replyRows, runScript, unexpectedReply } from './script.ts'
import type { Store } from './store.ts'

const claimScript = loadScript('claim-deliveries')
const releaseScript = loadScript('release-deliveries')

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
  /** How long until the event has expired, by Redis's clock: negative when it has; `undefined` when it never does. */
  readonly expiresInMs: number | undefined
  readonly trace: EventTrace
  /** The request that replayed it, where it was recorded. */
  readonly replayedBy?: Pick<SpanContext, 'traceId' | 'spanId'>
}

export type ClaimResult =
  | Claim
  /** The event is no longer kept. */
  | { readonly kind: 'missing' }
  /** A newer version wrote its state: it is left as it is. */
  | { readonly kind: 'newer' }
  /** A replay has started a later generation. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'terminal'; readonly status: DeliveryStatus; readonly reason: DeadReason | undefined }
  /** The next attempt is not due yet, or another claimant has it. */
  | { readonly kind: 'early'; readonly remainingMs: number }
  /** The breaker lets nothing through to the target. */
  | { readonly kind: 'held'; readonly forMs: number }
  /** So many processes in a row ended with it in hand: only who tries it alone may have it. */
  | { readonly kind: 'suspect'; readonly crashes: number }

export type ClaimTerms = {
  /**
   * Who claims: at most 12 characters without a space. The same name may claim again at once (work that is taken up
   * again after a crash); another one waits until the claim is over.
   */
  readonly claimant: string
  /**
   * The process that claims, since its start: a short word. What another process left claimed, it crashed with; claiming again
   * in the same one is no crash.
   */
  readonly process?: string
  /**
   * How long a claim keeps the same claimant in another process away: half of what a job's lock lasts. A lock is renewed twice in its
   * time, so a job that is taken over has been claimed for longer; whoever claims sooner has lost the job, and does not know yet.
   */
  readonly freshMs?: number
  /** Suspects are handed out as well: they will be tried alone. */
  readonly takesSuspects?: boolean
  /** How long the claim keeps other claimants away. */
  readonly claimMs: number
  /** How long the one probe of a half-open breaker may take to report. */
  readonly probeMs: number
  /** How old a delivery may be and still be attempted: an older one is handed out, to be buried, also where the breaker holds. */
  readonly maxAgeMs?: number
}

/** Longer than most attempts take. */
const DEFAULT_TERMS: ClaimTerms = { claimant: 'anyone', claimMs: 30_000, probeMs: 30_000 }

/** Claims deliveries that share a breaker: of one target, and callbacks of one host. One round trip; repeating it is harmless. @returns an answer for each, in order */
export async function claimDeliveries(
  store: Store,
  target: string,
  refs: readonly DeliveryRef[],
  {
    claimant,
    process = 'any',
    freshMs = 0,
    takesSuspects = false,
    claimMs,
    probeMs,
    maxAgeMs = Number.MAX_SAFE_INTEGER,
  }: ClaimTerms = DEFAULT_TERMS,
): Promise<ClaimResult[]> {
  const scriptKeys = [keys.breaker(breakerOf(target, refs[0]?.eventId ?? '')), keys.backlog(target)]
  for (const { eventId } of refs) scriptKeys.push(keys.event(eventId), keys.payload(eventId))
  const generations = refs.map(({ generation }) => generation).join(' ')
  const suspectAfter = takesSuspects ? 0 : SUSPECT_AFTER_CRASHES
  const args = [target, probeMs, claimMs, claimant, generations, process, suspectAfter, freshMs, maxAgeMs]
  const rows = replyRows(
    claimScript,
    refs.length,
    await runScript(store.redis, claimScript, scriptKeys, args),
  )
  for (const [index, { eventId }] of refs.entries()) {
    const row = rows[index]
    if (row?.[1] !== '') continue
    const data = await readLargeData(store, eventId)
    rows[index] = data === null ? ['missing'] : row.with(1, data)
  }
  return refs.map(({ eventId }, index) => readClaim(eventId, rows[index] ?? []))
}

/** Large data under way, by connection. */
const readings = new WeakMap<RedisClient, Promise<unknown>>()

/** One at a time: what is on its way out takes Redis's memory, and it has none to spare when large events wait. */
function readLargeData({ redis }: Store, eventId: string): Promise<string | null> {
  const before = readings.get(redis) ?? Promise.resolve()
  const reading = before.catch(() => undefined).then(() => redis.get(keys.payload(eventId)))
  readings.set(redis, reading)
  return reading
}

/**
 * Claims deliveries of one target, together if Redis can: when it refuses, one by one, so that one odd record fails alone.
 * @returns a promise for each, in order
 */
export function claimEach(
  store: Store,
  target: string,
  refs: readonly DeliveryRef[],
  terms: ClaimTerms,
): Promise<ClaimResult>[] {
  const together = claimDeliveries(store, target, refs, terms)
  return refs.map(async (ref, index) => {
    try {
      const claim = (await together)[index]
      if (claim !== undefined) return claim
    } catch (error) {
      if (refs.length === 1 || isStoreUnavailable(error)) throw error
    }
    return claimDelivery(store, ref, terms)
  })
}

/** Claims one delivery. */
export async function claimDelivery(
  store: Store,
  ref: DeliveryRef,
  terms: ClaimTerms = DEFAULT_TERMS,
): Promise<ClaimResult> {
  const [result] = await claimDeliveries(store, ref.target, [ref], terms)
  if (result === undefined) throw new Error('a claim without an answer')
  return result
}

/** Gives a claimed delivery back unattempted. One that somebody has taken over since stays theirs. */
export async function releaseDelivery(store: Store, ref: DeliveryRef, fence: number): Promise<void> {
  await runScript(
    store.redis,
    releaseScript,
    [keys.backlog(ref.target), keys.breaker(breakerOf(ref.target, ref.eventId)), keys.event(ref.eventId)],
    [ref.target, fence],
  )
}

function readClaim(eventId: string, row: string[]): ClaimResult {
  const [words = '', data, source, subject = '', time = '', context = '', expiresIn = ''] = row
  const [kind = '', first = '', second = '', spent, ageMs, acceptedAt, traceId, flags, span, replay, type] =
    words.split(' ')
  switch (kind) {
    case 'missing':
    case 'newer':
    case 'stale':
      return { kind }
    case 'terminal':
      return {
        kind,
        status: first as DeliveryStatus,
        reason: second === '-' ? undefined : (second as DeadReason),
      }
    case 'early':
      return { kind, remainingMs: Number(first) }
    case 'held':
      return { kind, forMs: Number(first) }
    case 'suspect':
      return { kind, crashes: Number(first) }
    case 'claimed': {
      if (data === undefined || source === undefined || type === undefined) break
      const acceptedAtMs = Number(acceptedAt)
      return {
        kind,
        event: {
          ...readContext(context),
          id: eventId,
          type,
          source,
          subject: subject === '' ? undefined : subject,
          time: time === '' ? new Date(acceptedAtMs).toISOString() : time,
          data: JSON.parse(data) as unknown,
        },
        acceptedAtMs,
        fence: Number(first),
        attempts: Number(second),
        spent: Number(spent),
        ageMs: Number(ageMs),
        expiresInMs: expiresIn === '' ? undefined : Number(expiresIn),
        trace: { traceId: traceId ?? '', flags: flags ?? '00', spanId: span === '-' ? undefined : span },
        ...readReplayedBy(replay),
      }
    }
    default:
  }
  throw unexpectedReply(claimScript, row)
}

/** What `reopenDelivery` wrote. */
function readReplayedBy(text: string | undefined): Pick<Claim, 'replayedBy'> | undefined {
  if (text === undefined || text === '-') return undefined
  const [traceId, spanId] = text.split('/')
  return traceId === undefined || spanId === undefined ? undefined : { replayedBy: { traceId, spanId } }
}
