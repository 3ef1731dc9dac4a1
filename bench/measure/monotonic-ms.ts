/** The clock of every measurement: CLOCK_MONOTONIC, the same in all processes of a Linux machine, never set back. */

/** Milliseconds since some moment in the past. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000
}
