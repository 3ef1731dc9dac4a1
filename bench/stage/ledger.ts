/**
 * The ledger: at the end of a round everything adds up, or the round is worth nothing.
 *
 * What was accepted was received once by each target, is settled in the record, and is in no outbox and no dead-letter queue.
 */
import { countDeadLetters, keys, outboxSize, readBacklog, type Store } from '@manifold/store'
import { setTimeout as wait } from 'node:timers/promises'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import type { Receiver } from './receiver.ts'

const LOOK_MS = 100
const CLOSE_LOOK_MS = 10
/** With so little left it is worth looking closely: the end is near. */
const NEARLY = 1_000
/** Nothing moves this long: something is lost. */
const STALLED_MS = 30_000

/** Events of which every delivery has ended. Each settled event waits for its retention to run out; counting costs O(1). */
export async function settledEvents(store: Store): Promise<number> {
  return store.redis.zcard(keys.retention)
}

/** Waits until that many events are settled. @returns the moment, to about 10 ms. @throws when nothing moves any more */
export function untilSettled(store: Store, events: number): Promise<number> {
  return untilReached('events to be settled', events, () => settledEvents(store))
}

/** Waits until everything accepted is on the queues. @returns the moment */
export function untilOutboxEmpty(store: Store): Promise<number> {
  return untilNoneLeft('events on the outbox', () => outboxSize(store))
}

/** Waits until a count that only grows reaches `goal`. @returns the moment */
export function untilReached(what: string, goal: number, count: () => Promise<number>): Promise<number> {
  return untilNoneLeft(what, async () => goal - (await count()))
}

async function untilNoneLeft(what: string, count: () => Promise<number>): Promise<number> {
  let least = Infinity
  let movedMs = monotonicMs()
  for (;;) {
    const left = await count()
    const now = monotonicMs()
    if (left <= 0) return now
    if (left < least) movedMs = now
    least = Math.min(least, left)
    if (now - movedMs > STALLED_MS) throw new Error(`still ${String(left)} ${what}: something is lost`)
    await wait(left > NEARLY ? LOOK_MS : CLOSE_LOOK_MS)
  }
}

export type Expected = {
  readonly store: Store
  readonly receiver: Receiver
  /** Since the receiver was last told to forget. */
  readonly events: number
  readonly targets: readonly string[]
}

/**
 * Without workers: every accepted event is recorded, waits for each target, and is on the queues.
 * @throws saying every count that does not add up
 */
export async function expectAccepted(
  store: Store,
  events: number,
  targets: readonly string[],
): Promise<void> {
  const backlogs = await Promise.all(targets.map((target) => readBacklog(store, target)))
  expectNothingWrong([
    differs('events recorded', await store.redis.zcard(keys.events), events),
    ...backlogs.map(({ waiting }, index) => differs(`waiting for ${targets[index] ?? ''}`, waiting, events)),
    differs('outbox', await outboxSize(store), 0),
  ])
}

/** Everything was delivered, and nothing is left. @throws saying every count that does not add up */
export async function expectAllDelivered(expected: Expected): Promise<void> {
  const { total, distinct } = await expected.receiver.counts()
  const deliveries = expected.events * expected.targets.length
  await expectDelivered(expected)
  expectNothingWrong([
    differs('received', total, deliveries),
    differs('received, distinct', distinct, deliveries),
    differs('outbox', await outboxSize(expected.store), 0),
  ])
}

/** These targets, whatever became of others, were delivered each event once. @throws saying what does not add up */
export async function expectDelivered({ store, receiver, events, targets }: Expected): Promise<void> {
  const { byTarget } = await receiver.counts()
  const dead = await Promise.all(targets.map((target) => countDeadLetters(store, target)))
  expectNothingWrong([
    ...targets.map((target) => differs(`received by ${target}`, byTarget[target] ?? 0, events)),
    ...targets.map((target, index) => differs(`dead letters of ${target}`, dead[index] ?? 0, 0)),
  ])
}

function expectNothingWrong(differences: readonly (string | undefined)[]): void {
  const wrong = differences.filter((line) => line !== undefined)
  if (wrong.length > 0) throw new Error(`the counts do not add up: ${wrong.join('; ')}`)
}

function differs(what: string, is: number, should: number): string | undefined {
  return is === should ? undefined : `${what} ${String(is)}, not ${String(should)}`
}
