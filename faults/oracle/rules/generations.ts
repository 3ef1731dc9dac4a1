/** When a delivery's lives began: the first with the event, the later ones with an operator's replay. */
import type { Case } from '../evidence.ts'

/**
 * Not later than this life's begin, and as near to it as is known from outside: when it was asked for, where every replay is in
 * the ledger; else when the last attempt of an earlier life had ended.
 */
export function generationStartMs(one: Case, generation: number): number {
  const acceptedAtMs = one.event?.acceptedAtMs ?? one.promised.atMs
  if (generation === 1) return acceptedAtMs
  const { replayedMs } = one
  const askedMs = replayedMs.length === generation - 1 ? replayedMs.at(-1) : undefined
  const ends = (one.delivery?.attemptList ?? [])
    .filter((attempt) => attempt.generation < generation)
    .map(({ atMs, durationMs }) => atMs + durationMs)
  return Math.max(askedMs ?? acceptedAtMs, ...ends)
}

/** Whether a new life began between two moments: then the time between them is the operator's. */
export function beganBetween({ delivery }: Case, fromMs: number, toMs: number): boolean {
  const firsts = new Map<number, number>()
  for (const { generation, atMs } of delivery?.attemptList ?? []) {
    firsts.set(generation, Math.min(firsts.get(generation) ?? Infinity, atMs))
  }
  return [...firsts].some(([generation, atMs]) => generation > 1 && atMs > fromMs && atMs <= toMs + 1_000)
}
