/** Settling: attempts and what was decided after them become the deliveries' state. */
import {
  breakerOf,
  CALLBACKS_TARGET,
  DEFAULT_BREAKER,
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
import { HEARS_NOTHING, readOwed, type Heard, type OwedEvent } from './owed-event.ts'
import { currentTenSeconds } from './rates.ts'
import type { CapturedResponse } from './responses.ts'
import { loadScript, replyStrings, runScript, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, type Store } from './store.ts'

const settleScript = loadScript('settle-deliveries')

export type SettleInput = {
  readonly ref: DeliveryRef
  /** The claim's; `undefined` when nothing was claimed. */
  readonly fence: number | undefined
  readonly settlement: Settlement
  /** `undefined` when no request was made. */
  readonly attempt: Attempt | undefined
  /** What the attempt says about the target. Absent: nothing. */
  readonly signal?: BreakerSignal
  /** What the target answered, where that is to be kept: it is, if this settlement comes into force. */
  readonly response?: CapturedResponse | undefined
}

export type SettleResult =
  | {
      readonly kind: 'applied'
      readonly status: DeliveryStatus
      readonly nextAttemptAtMs: number | undefined
      readonly eventStatus: EventStatus
      /** Another settlement had ended the delivery so: of this one the attempt alone is new. */
      readonly endedBefore: boolean
      /** The number this attempt was recorded under; `undefined` when there was none, or when it was recorded before. */
      readonly attemptNumber: number | undefined
      /** What this attempt did to the breaker. */
      readonly breaker: 'opened' | 'closed' | undefined
      /** When the event settled, if somebody is to be told. */
      readonly callbackAtMs: number | undefined
      /** Operational events that are owed now, and on the outbox. */
      readonly owed: readonly OwedEvent[] | undefined
    }
  /** Another worker has claimed the delivery since: the state is theirs. */
  | { readonly kind: 'superseded' }
  /** It had ended otherwise before. */
  | { readonly kind: 'terminal'; readonly status: DeliveryStatus }
  /** A newer version has written its state since: nothing was recorded. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'missing' }

/**
 * Settles deliveries that share a breaker: of one target, and callbacks of one host. One round trip; repeating it changes nothing.
 * @param policy what the attempts count by towards the target's breaker
 * @param heard the happenings that are owed; of callbacks none is, as callers bring their hosts
 * @returns an answer for each, in order
 */
export async function settleDeliveries(
  store: Store,
  target: string,
  policy: BreakerPolicy,
  inputs: readonly SettleInput[],
  heard: Heard = HEARS_NOTHING,
): Promise<SettleResult[]> {
  const scriptKeys = [
    keys.deadLetters,
    keys.deadLettersOf(target),
    keys.retention,
    keys.changes,
    keys.rates(target, currentTenSeconds(store)),
    keys.breaker(breakerOf(target, inputs[0]?.ref.eventId ?? '')),
    keys.backlog(target),
    keys.outbox,
    keys.toldDeaths(target),
  ]
  const args: (string | number)[] = [
    target,
    store.retention.settledMs,
    store.retention.deadMs,
    CHANGE_FEED_LENGTH,
    policy.failureRate,
    policy.minimumAttempts,
    policy.windowMs,
    policy.openMs,
    target === CALLBACKS_TARGET || heard.size === 0 ? '' : [...heard].join(' '),
    inputs.length,
    keys.payloadPrefix,
  ]
  for (const input of inputs) {
    scriptKeys.push(keys.event(input.ref.eventId), keys.attempts(input.ref.eventId))
    args.push(writeInput(input))
  }
  for (const [index, { ref, response }] of inputs.entries()) {
    if (response === undefined) continue
    scriptKeys.push(keys.responses(ref.eventId))
    args.push(`${String(index + 1)} ${JSON.stringify(response)}`)
  }
  const answers = replyStrings(settleScript, await runScript(store.redis, settleScript, scriptKeys, args))
  if (answers.length !== inputs.length) throw unexpectedReply(settleScript, answers)
  return answers.map((answer, index) => readResult(answer, inputs[index]?.ref))
}

/** Settles one delivery. */
export async function settleDelivery(
  store: Store,
  input: SettleInput,
  policy: BreakerPolicy = DEFAULT_BREAKER,
  heard: Heard = HEARS_NOTHING,
): Promise<SettleResult> {
  const [result] = await settleDeliveries(store, input.ref.target, policy, [input], heard)
  if (result === undefined) throw new Error('a settlement without an answer')
  return result
}

function writeInput({ ref, fence, settlement, attempt, signal }: SettleInput): string {
  const delayMs = settlement.kind === 'retry' || settlement.kind === 'defer' ? settlement.delayMs : 0
  const reason = settlement.kind === 'dead' ? settlement.reason : '-'
  return `${ref.eventId} ${String(ref.generation)} ${String(fence ?? 0)} ${settlement.kind} ${String(delayMs)} ${reason} ${
    attempt?.outcome ?? '-'
  } ${signal ?? 'neutral'} ${attempt === undefined ? '' : writeAttempt(attempt)}`
}

function readResult(answer: string, ref: DeliveryRef | undefined): SettleResult {
  const [kind = '', status, nextAt, eventStatus, breaker, attempts, callbackAt, owed = '-', before] =
    answer.split(' ')
  switch (kind) {
    case 'applied':
      return {
        kind,
        status: status as DeliveryStatus,
        nextAttemptAtMs: nextAt === '-' ? undefined : Number(nextAt),
        eventStatus: eventStatus as EventStatus,
        endedBefore: before === 'before',
        attemptNumber: attempts === '-' ? undefined : Number(attempts),
        breaker: breaker === 'opened' || breaker === 'closed' ? breaker : undefined,
        callbackAtMs: callbackAt === '-' ? undefined : Number(callbackAt),
        owed:
          owed === '-' || ref === undefined
            ? undefined
            : owed.split(',').map((what) => readOwed(ref, what) ?? unreadable(answer)),
      }
    case 'terminal':
      return { kind, status: status as DeliveryStatus }
    case 'superseded':
    case 'newer':
    case 'stale':
    case 'missing':
      return { kind }
    default:
      throw unexpectedReply(settleScript, answer)
  }
}

function unreadable(answer: string): never {
  throw unexpectedReply(settleScript, answer)
}
