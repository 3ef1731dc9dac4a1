/** Settling: an attempt and what was decided after it become the delivery's state. */
import {
  DEFAULT_BREAKER,
  deliveryId,
  type Attempt,
  type BreakerPolicy,
  type BreakerSignal,
  type DeliveryRef,
  type DeliveryStatus,
  type EventStatus,
  type Settlement,
} from '@manifold/domain'
import { writeAttempt } from './attempts.ts'
import { keys } from './keys.ts'
import { currentTenSeconds } from './rates.ts'
import { loadScript, replyStrings, runScript, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, type Store } from './store.ts'

const settleScript = loadScript('settle-delivery')

export type SettleInput = {
  readonly ref: DeliveryRef
  /** The claim's; `undefined` when nothing was claimed. */
  readonly fence: number | undefined
  readonly settlement: Settlement
  /** `undefined` when no request was made. */
  readonly attempt: Attempt | undefined
  /** What the attempt says about the target, and the policy it is counted by. Absent: it says nothing. */
  readonly breaker?: { readonly signal: BreakerSignal; readonly policy: BreakerPolicy }
}

export type SettleResult =
  | {
      readonly kind: 'applied'
      readonly status: DeliveryStatus
      readonly nextAttemptAtMs: number | undefined
      readonly eventStatus: EventStatus
      /** The number this attempt was recorded under; `undefined` when there was none, or when it was recorded before. */
      readonly attemptNumber: number | undefined
      /** What this attempt did to the breaker. */
      readonly breaker: 'opened' | 'closed' | undefined
    }
  /** Another worker has claimed the delivery since: the state is theirs. */
  | { readonly kind: 'superseded' }
  /** It had ended otherwise before. */
  | { readonly kind: 'terminal'; readonly status: DeliveryStatus }
  | { readonly kind: 'stale' }
  | { readonly kind: 'missing' }

/** Settles a delivery. One round trip; repeating it changes nothing. */
export async function settleDelivery(store: Store, input: SettleInput): Promise<SettleResult> {
  const { ref, settlement, attempt } = input
  const { signal, policy } = input.breaker ?? { signal: 'neutral', policy: DEFAULT_BREAKER }
  const reply = replyStrings(
    settleScript,
    await runScript(
      store.redis,
      settleScript,
      [
        keys.event(ref.eventId),
        keys.attempts(ref.eventId),
        keys.deadLetters,
        keys.deadLettersOf(ref.target),
        keys.retention,
        keys.changes,
        keys.rates(ref.target, currentTenSeconds()),
        keys.breaker(ref.target),
      ],
      [
        ref.eventId,
        ref.target,
        deliveryId(ref.eventId, ref.target),
        ref.generation,
        input.fence ?? 0,
        settlement.kind,
        settlement.kind === 'retry' || settlement.kind === 'defer' ? settlement.delayMs : 0,
        settlement.kind === 'dead' ? settlement.reason : '',
        attempt === undefined ? '' : writeAttempt(attempt),
        attempt?.outcome ?? '',
        store.retention.settledMs,
        store.retention.deadMs,
        CHANGE_FEED_LENGTH,
        signal,
        policy.failureRate,
        policy.minimumAttempts,
        policy.windowMs,
        policy.openMs,
      ],
    ),
  )
  const [kind = '', status = '', nextAt = '', eventStatus = '', breaker = '', attempts = ''] = reply
  switch (kind) {
    case 'applied':
      return {
        kind,
        status: status as DeliveryStatus,
        nextAttemptAtMs: nextAt === '' ? undefined : Number(nextAt),
        eventStatus: eventStatus as EventStatus,
        attemptNumber: attempts === '' ? undefined : Number(attempts),
        breaker: breaker === 'opened' || breaker === 'closed' ? breaker : undefined,
      }
    case 'terminal':
      return { kind, status: status as DeliveryStatus }
    case 'superseded':
    case 'stale':
    case 'missing':
      return { kind }
    default:
      throw unexpectedReply(settleScript, reply)
  }
}
