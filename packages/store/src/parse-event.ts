/**
 * What an event's record says: its fields in Redis as a value.
 *
 * A record that this version wrote reads well. One of a very early version, or that somebody changed by hand, may not, and is told
 * of as unreadable, each for itself: it must neither be shown as what it is not, nor hide others. A newer version's reads as far as it
 * is known; a word that is not known, such as a status, is no reason to refuse it.
 */
import { deliveryId, type CloudEventContext, type EventStatus, type EventTrace } from '@manifold/domain'
import { hasNumbers, readAttempt, type RecordedAttempt } from './attempts.ts'
import { hasAllWords, readDeliveryState, stateField, type DeliveryState } from './delivery-state.ts'
import { isTime } from './time-index.ts'
import { UnreadableRecordError } from './unreadable-record.ts'

export type DeliveryRecord = DeliveryState & {
  readonly id: string
  readonly target: string
  /** Whether the event counts as failed when this delivery does. */
  readonly required: boolean
  readonly lastAttempt: RecordedAttempt | undefined
}

export type EventRecord = CloudEventContext & {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly subject: string | undefined
  readonly time: string
  readonly acceptedAtMs: number
  readonly settledAtMs: number | undefined
  /** No attempt was made before; `undefined` when it was not put off. */
  readonly deliverAtMs: number | undefined
  /** No attempt is made after. */
  readonly expiresAtMs: number | undefined
  /** Who is told when it is settled. */
  readonly callbackUrl: string | undefined
  readonly trace: EventTrace
  readonly status: EventStatus
  readonly deliveries: readonly DeliveryRecord[]
}

/** @returns `undefined` when there is no such record @throws {UnreadableRecordError} */
export function parseEvent(eventId: string, fields: Record<string, string>): EventRecord | undefined {
  if (fields['acceptedAt'] === undefined) return undefined
  const refuse: Refuse = (why) => {
    throw new UnreadableRecordError(eventId, why)
  }
  const timeOf = (name: string) => readTime(fields[name], () => refuse(`its ${name} is no time`))
  const acceptedAtMs = timeOf('acceptedAt') ?? refuse('its acceptedAt is empty')
  const time = fields['time']
  const [traceId = '', flags = '00'] = (fields['trace'] ?? '').split(' ')
  const optional = (fields['optional'] ?? '').split(',')
  return {
    ...tryTo(
      () => readContext(fields['context']),
      () => refuse('its context is no JSON'),
    ),
    id: eventId,
    type: fields['type'] ?? '',
    source: fields['source'] ?? '',
    subject: fields['subject'],
    time: time === undefined || time === '' ? new Date(acceptedAtMs).toISOString() : time,
    acceptedAtMs,
    settledAtMs: timeOf('settledAt'),
    deliverAtMs: timeOf('deliverAt'),
    expiresAtMs: timeOf('expiresAt'),
    callbackUrl: fields['callback'],
    trace: { traceId, flags, spanId: fields['span'] },
    status: fields['status'] as EventStatus,
    deliveries: targetsIn(fields).map((target) => ({
      id: deliveryId(eventId, target),
      target,
      required: !optional.includes(target),
      ...stateOf(fields, target, refuse),
      lastAttempt: lastAttemptOf(fields, target, refuse),
    })),
  }
}

/** The dead ones among an event's deliveries, whatever else of its record cannot be read. */
export function deadDeliveriesIn(
  fields: Record<string, string>,
): readonly (DeliveryState & { readonly target: string })[] {
  return targetsIn(fields)
    .map((target) => ({ target, ...readDeliveryState(fields[stateField(target)] ?? '') }))
    .filter(({ status, generation }) => status === 'dead' && Number.isFinite(generation))
}

/** What accepting wrote. */
export function readContext(text: string | undefined): CloudEventContext {
  return text === undefined || text === '' ? {} : (JSON.parse(text) as CloudEventContext)
}

type Refuse = (why: string) => never

function targetsIn(fields: Record<string, string>): string[] {
  return (fields['targets'] ?? '').split(',').filter((target) => target !== '')
}

function stateOf(fields: Record<string, string>, target: string, refuse: Refuse): DeliveryState {
  const text = fields[stateField(target)] ?? ''
  const state = readDeliveryState(text)
  const { generation, attempts, nextAttemptAtMs = 0, endedAtMs = 0 } = state
  if (!hasAllWords(text) || !Number.isFinite(generation) || !Number.isFinite(attempts))
    return refuse(`the state of ${target} is not of a known form`)
  if (!isTime(nextAttemptAtMs) || !isTime(endedAtMs)) return refuse(`a time of ${target} is none`)
  return state
}

function lastAttemptOf(
  fields: Record<string, string>,
  target: string,
  refuse: Refuse,
): RecordedAttempt | undefined {
  const text = fields[`${target}/last`]
  if (text === undefined) return undefined
  const unknown = () => refuse(`the latest attempt at ${target} is not of a known form`)
  const last = tryTo(() => readAttempt(text), unknown)
  return hasNumbers(last) ? last : unknown()
}

function readTime(text: string | undefined, refuse: () => never): number | undefined {
  if (text === undefined || text === '') return undefined
  const ms = Number(text)
  return isTime(ms) ? ms : refuse()
}

function tryTo<T>(read: () => T, otherwise: () => never): T {
  try {
    return read()
  } catch {
    return otherwise()
  }
}
