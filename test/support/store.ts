/** A store on a real Redis of a test's own, and what is put into it. */
import type { Attempt, DeadReason, DeliveryRef, OutcomeKind, Settlement } from '@manifold/domain'
import {
  claimDelivery,
  connectRedis,
  readEvent,
  recordEvent,
  settleDelivery,
  waitForRedis,
  type Claim,
  type DeliveryRecord,
  type EventRecord,
  type NewEvent,
  type SettleResult,
  type Store,
} from '@manifold/store'
import { startTestRedis } from './redis.ts'

const HOUR_MS = 3_600_000

export type TestStore = Omit<Store, 'redis'> & {
  readonly redis: ReturnType<typeof connectRedis>
  readonly url: string
  /** Forgets everything. */
  readonly clear: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function startTestStore(
  retention: Store['retention'] = { settledMs: HOUR_MS, deadMs: 2 * HOUR_MS },
): Promise<TestStore> {
  const server = await startTestRedis()
  const redis = connectRedis(server.url, 'patient', () => undefined)
  await waitForRedis(redis, () => undefined)
  return {
    redis,
    retention,
    url: server.url,
    clear: async () => {
      await redis.flushall()
    },
    close: async () => {
      redis.disconnect()
      await server.close()
    },
  }
}

type NewEventParts = Partial<Omit<NewEvent, 'event'> & NewEvent['event']>

let made = 0

/** An event as the producer hands it to the store, for the target `crm` unless told otherwise. */
export function newEvent(parts: NewEventParts = {}): NewEvent {
  const { id, type, source, subject, time, ...rest } = parts
  made++
  return {
    event: {
      id: id ?? `evt_${String(made).padStart(6, '0')}`,
      type: type ?? 'order.placed',
      source: source ?? 'shop',
      subject,
      time,
    },
    payload: '{"orderId":"A1"}',
    targets: ['crm'],
    ownId: false,
    fingerprint: `body-${String(made)}`,
    idempotencyKey: undefined,
    trace: { traceId: '0af7651916cd43dd8448eb211c80319c', flags: '01' },
    ...rest,
  }
}

/** Accepts an event. @returns its id */
export async function accept(store: Store, parts: NewEventParts = {}): Promise<string> {
  const result = await recordEvent(store, newEvent(parts))
  if (result.kind !== 'accepted') throw new Error(`expected the event to be accepted: ${result.kind}`)
  return result.eventId
}

export function refOf(eventId: string, target = 'crm', generation = 1): DeliveryRef {
  return { eventId, target, generation }
}

/** Claims a delivery that can be claimed. */
export async function claim(store: Store, ref: DeliveryRef): Promise<Claim> {
  const result = await claimDelivery(store, ref)
  if (result.kind !== 'claimed') throw new Error(`expected the delivery to be claimed: ${result.kind}`)
  return result
}

const HTTP_STATUS: Readonly<Record<OutcomeKind, number>> = {
  delivered: 200,
  retryable: 503,
  permanent: 422,
  throttled: 429,
}

export function attemptOf(outcome: OutcomeKind, parts: Partial<Attempt> = {}): Attempt {
  const httpStatus = HTTP_STATUS[outcome]
  return { atMs: 1_000, durationMs: 5, httpStatus, outcome, reason: `http-${String(httpStatus)}`, ...parts }
}

const OUTCOME_OF: Readonly<Record<Settlement['kind'], OutcomeKind>> = {
  delivered: 'delivered',
  retry: 'retryable',
  defer: 'throttled',
  dead: 'permanent',
}

/** Settles a delivery after an attempt that fits the settlement. `fence` is its claim's; a new claim's by default. */
export async function attemptAndSettle(
  store: Store,
  ref: DeliveryRef,
  settlement: Settlement,
  fence?: number,
): Promise<SettleResult> {
  return settleDelivery(store, {
    ref,
    fence: fence ?? (await claim(store, ref)).fence,
    settlement,
    attempt: attemptOf(OUTCOME_OF[settlement.kind]),
  })
}

/** Makes a delivery a dead letter without an attempt. */
export async function bury(store: Store, ref: DeliveryRef, reason: DeadReason = 'exhausted'): Promise<void> {
  const settlement = { kind: 'dead', reason } as const
  const result = await settleDelivery(store, { ref, fence: undefined, settlement, attempt: undefined })
  if (result.kind !== 'applied') throw new Error(`expected the delivery to die: ${result.kind}`)
}

/** Reads an event that is kept. */
export async function keptEvent(store: Store, eventId: string): Promise<EventRecord> {
  const event = await readEvent(store, eventId)
  if (event === undefined) throw new Error(`expected ${eventId} to be kept`)
  return event
}

/** Reads a delivery that is kept. */
export async function keptDelivery(store: Store, { eventId, target }: DeliveryRef): Promise<DeliveryRecord> {
  const delivery = (await keptEvent(store, eventId)).deliveries.find((one) => one.target === target)
  if (delivery === undefined) throw new Error(`expected ${eventId} to have a delivery for ${target}`)
  return delivery
}

/** Everything in Redis by key, to tell whether a call changed anything; the times that keys have left are not in it. */
export async function dumpOf(store: Pick<TestStore, 'redis'>): Promise<Readonly<Record<string, unknown>>> {
  const dump: Record<string, unknown> = {}
  for (const key of (await store.redis.keys('*')).sort()) dump[key] = await readKey(store, key)
  return dump
}

async function readKey(store: Pick<TestStore, 'redis'>, key: string): Promise<unknown> {
  const type = await store.redis.type(key)
  switch (type) {
    case 'hash':
      return store.redis.hgetall(key)
    case 'zset':
      return store.redis.zrange(key, '0', '-1', 'WITHSCORES')
    case 'stream':
      return store.redis.xrange(key, '-', '+')
    case 'string':
      return store.redis.get(key)
    case 'set':
      return (await store.redis.smembers(key)).sort()
    case 'list':
      return store.redis.lrange(key, 0, -1)
    case 'none':
      // It has run out since it was listed.
      return undefined
    default:
      throw new Error(`a key of type ${type}`)
  }
}
