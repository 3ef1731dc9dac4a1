/** Stretches of time: joined, measured. Pure. */

export type Stretch = { readonly fromMs: number; readonly untilMs: number }

/** The same time without overlaps, in order: what was disturbed in two ways at once was disturbed once. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const apart: { fromMs: number; untilMs: number }[] = []
  for (const { fromMs, untilMs } of stretches.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = apart.at(-1)
    if (last !== undefined && fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, untilMs)
    else apart.push({ fromMs, untilMs })
  }
  return apart
}

/** How much of a time they cover together. */
export function coveredMs(fromMs: number, untilMs: number, stretches: readonly Stretch[]): number {
  const within = stretches.filter((one) => one.untilMs > fromMs && one.fromMs < untilMs)
  return joined(within).reduce(
    (sum, one) => sum + Math.min(untilMs, one.untilMs) - Math.max(fromMs, one.fromMs),
    0,
  )
}
