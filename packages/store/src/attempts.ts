/**
 * Recorded attempts: how one is written into the store, and read back.
 *
 * Words with a space between, not JSON: a delivered attempt stays below the 64 bytes up to which Redis keeps a small
 * hash in one piece of memory.
 */
import { deliveryId, type Attempt, type OutcomeKind } from '@manifold/domain'
import { keys } from './keys.ts'
import type { Store } from './store.ts'
import { isTime } from './time-index.ts'
import { UnreadableRecordError } from './unreadable-record.ts'

/** An attempt with the number the store gave it. */
export type RecordedAttempt = Attempt & { readonly number: number }

export type EventAttempt = RecordedAttempt & {
  readonly deliveryId: string
  readonly target: string
  readonly generation: number
}

/** `<atMs> <durationMs> <httpStatus> <outcome> <reason>[ <error>]`; the settle script puts the number in front. */
export function writeAttempt({ atMs, durationMs, httpStatus, outcome, reason, error }: Attempt): string {
  const words = `${String(atMs)} ${String(durationMs)} ${String(httpStatus ?? '-')} ${outcome} ${encodeURIComponent(reason.toWellFormed())}`
  return error === undefined ? words : `${words} ${error}`
}

/** Reads what `writeAttempt` wrote, with the number in front. */
export function readAttempt(entry: string): RecordedAttempt {
  const [number, atMs, durationMs, httpStatus, outcome, reason = '', ...error] = entry.split(' ')
  return {
    number: Number(number),
    atMs: Number(atMs),
    durationMs: Number(durationMs),
    httpStatus: httpStatus === '-' ? null : Number(httpStatus),
    outcome: outcome as OutcomeKind,
    reason: decodeURIComponent(reason),
    ...(error.length === 0 ? {} : { error: error.join(' ') }),
  }
}

/** Whether an attempt that was read is one: those of very early versions were of another form. */
export function hasNumbers({ number, atMs, durationMs, httpStatus }: RecordedAttempt): boolean {
  return [number, durationMs, httpStatus ?? 0].every(Number.isFinite) && isTime(atMs)
}

/** Every attempt of an event, oldest first. @throws {UnreadableRecordError} */
export async function readAttempts(store: Store, eventId: string): Promise<EventAttempt[]> {
  const entries = await store.redis.hgetall(keys.attempts(eventId))
  return Object.entries(entries)
    .map(([field, entry]) => {
      const [target = '', generation = '1'] = field.split('/')
      const attempt = readAttempt(entry)
      if (!hasNumbers(attempt))
        throw new UnreadableRecordError(eventId, `an attempt at ${target} is not of a known form`)
      return {
        ...attempt,
        deliveryId: deliveryId(eventId, target),
        target,
        generation: Number(generation),
      }
    })
    .sort((a, b) => a.atMs - b.atMs || a.number - b.number)
}
