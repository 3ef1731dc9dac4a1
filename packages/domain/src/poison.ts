/**
 * Poison: a delivery that ends every process that tries it.
 *
 * Who dies of it takes along all that was under way beside it, and nothing tells which one it was. So a crash only makes
 * suspect: a suspect is tried alone, in a process that does nothing else, and only what ends that one is poison.
 *
 * Owns the numbers and the judgement. The claim counts crashes (packages/store); the worker keeps the process.
 */
import type { Outcome } from './attempt.ts'

/** Processes in a row that ended with a delivery in hand, after which it is tried alone. */
export const SUSPECT_AFTER_CRASHES = 3

/** Ends of a process that did nothing else. Two, since somebody else may have ended the first one: an operator, or a system short of memory. */
export const CRASHES_OF_POISON = 2

/** What trying a delivery alone came to for the process: how it ended, or that it had to be ended. */
export type Crash = { readonly how: string }

/**
 * Judges a delivery by the processes that did nothing but try it, and ended.
 * @returns what the attempt came to; `undefined` when it is to be tried alone once more
 */
export function judgeCrashes(
  crashes: readonly Crash[],
): { readonly outcome: Outcome; readonly error: string } | undefined {
  if (crashes.length < CRASHES_OF_POISON) return undefined
  const ends = crashes.map(({ how }) => how).join(', then ')
  return {
    outcome: { kind: 'permanent', reason: 'worker-crashed', deadReason: 'invalid' },
    error: `every process that tried nothing else ended: ${ends}`,
  }
}
