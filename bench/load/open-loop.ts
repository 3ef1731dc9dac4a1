/**
 * The open loop: requests at a constant rate, whether or not the answers keep up. For latency.
 *
 * Owns the schedule. Nobody waits for an answer before sending, so a slow moment of the receiver is met by as many requests as
 * at any other time (no coordinated omission). How late the generator itself was is part of the result.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { monotonicMs } from '../measure/monotonic-ms.ts'

export type Schedule = { readonly ratePerSecond: number; readonly durationMs: number }

/**
 * Calls `send` at the given rate and resolves when all of them have ended.
 * @returns by how much each call came later than it was due
 * @throws the first failure; nothing more is sent behind it
 */
export async function runOpenLoop(
  { ratePerSecond, durationMs }: Schedule,
  send: (n: number) => Promise<void>,
): Promise<number[]> {
  const total = Math.round((ratePerSecond * durationMs) / 1_000)
  const stepMs = 1_000 / ratePerSecond
  const startMs = monotonicMs()
  const latenessMs: number[] = []
  const sends: Promise<void>[] = []
  const failures: unknown[] = []
  while (sends.length < total && failures.length === 0) {
    const dueMs = startMs + sends.length * stepMs
    const now = monotonicMs()
    if (now < dueMs) {
      await wait(dueMs - now)
      continue
    }
    latenessMs.push(now - dueMs)
    sends.push(send(sends.length).catch((error: unknown) => void failures.push(error)))
  }
  await Promise.all(sends)
  if (failures.length > 0) throw failures[0]
  return latenessMs
}
