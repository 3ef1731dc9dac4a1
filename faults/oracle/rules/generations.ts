/** When a delivery's lives began: the first with the event, the later ones with an operator's replay. */
import type { Case, Evidence } from '../evidence.ts'

/** Not later than this life's begin, and as near to it as is known from outside. */
export function generationStartMs(one: Case, generation: number, { ledger }: Evidence): number {
  const acceptedAtMs = one.event?.acceptedAtMs ?? one.promised.atMs
  if (generation === 1) return acceptedAtMs
  const replays = ledger.filter((line) => line.kind === 'replayed' && line.deliveryId === one.id)
  return replays[generation - 2]?.atMs ?? acceptedAtMs
}

/** Whether a new life began between two moments: then the time between them is the operator's. */
export function beganBetween({ delivery }: Case, fromMs: number, toMs: number): boolean {
  const firsts = new Map<number, number>()
  for (const { generation, atMs } of delivery?.attemptList ?? []) {
    firsts.set(generation, Math.min(firsts.get(generation) ?? Infinity, atMs))
  }
  return [...firsts].some(([generation, atMs]) => generation > 1 && atMs > fromMs && atMs <= toMs + 1_000)
}
