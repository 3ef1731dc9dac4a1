/** The state of a delivery as its event's record holds it: one field of twelve words or more (lua/includes/delivery-state.lua). Of a newer version, what is known here is read. */
import type { DeadReason, DeliveryStatus } from '@manifold/domain'

export type DeliveryState = {
  readonly status: DeliveryStatus
  readonly generation: number
  /** Over all generations. */
  readonly attempts: number
  readonly nextAttemptAtMs: number | undefined
  /** When it was delivered, died or was discarded. */
  readonly endedAtMs: number | undefined
  /** Only of a dead one. */
  readonly reason: DeadReason | undefined
}

/** The field of the event record that holds it. */
export function stateField(target: string): string {
  return `${target}/state`
}

/** Words that every version writes. */
const LEAST_WORDS = 12

/** Whether nothing is missing that every version writes. */
export function hasAllWords(text: string): boolean {
  return text.split(' ').length >= LEAST_WORDS
}

// The scripts wrote it: its words are ours, and are trusted. Whether they are all there is for `hasAllWords`.
export function readDeliveryState(text: string): DeliveryState {
  const [status, generation, , attempts, , , nextAt, endedAt, , , , reason] = text.split(' ')
  return {
    status: status as DeliveryStatus,
    generation: Number(generation),
    attempts: Number(attempts),
    nextAttemptAtMs: timeOf(nextAt),
    endedAtMs: timeOf(endedAt),
    reason: reason === undefined || reason === '-' ? undefined : (reason as DeadReason),
  }
}

function timeOf(word: string | undefined): number | undefined {
  return word === undefined || word === '-' ? undefined : Number(word)
}
