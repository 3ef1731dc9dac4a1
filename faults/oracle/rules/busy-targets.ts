/**
 * Busy targets: the times at which a delivery had to wait for its target, by what the receiver saw: all its slots were taken, it
 * had asked to be left alone, or it failed and its breaker may have been open. Nothing of that is anybody's fault.
 */
import type { Evidence } from '../evidence.ts'
import type { Policy } from '../policy.ts'
import type { RequestLine } from '../receiver-log.ts'
import { joined, type Stretch } from '../stretches.ts'

const THROTTLING = new Set([429, 503])

/** Beyond that no run comes: a breaker that needs so many never opens. */
const NEVER = 100_000

/** By target. */
export function busyTargets({ requests, policy }: Evidence): ReadonlyMap<string, readonly Stretch[]> {
  return new Map(
    [...Map.groupBy(requests, ({ target }) => target)].map(([target, own]) => [
      target,
      joined([...fullStretches(own, policy.concurrency), ...own.flatMap((one) => behind(one, policy))]),
    ]),
  )
}

/** What an answer asks of everybody. */
function behind({ status, endedMs, retryAfterMs }: RequestLine, { retry, breaker }: Policy): Stretch[] {
  const throttlesMs = THROTTLING.has(status ?? 0) ? (retryAfterMs ?? retry.maxDelayMs) : 0
  const failed = status === null || status >= 400
  const opensMs = failed && breaker.minimumAttempts < NEVER ? breaker.openMs : 0
  const forMs = Math.max(throttlesMs, opensMs)
  return forMs > 0 ? [{ fromMs: endedMs, untilMs: endedMs + forMs }] : []
}

/** As many under way as one worker may have: which of the workers has them is not seen from here. */
function fullStretches(requests: readonly RequestLine[], concurrency: number): Stretch[] {
  const steps = requests
    .flatMap(({ atMs, endedMs }) => [
      { atMs, step: 1 },
      { atMs: endedMs, step: -1 },
    ])
    .toSorted((a, b) => a.atMs - b.atMs || a.step - b.step)
  const full: Stretch[] = []
  let underWay = 0
  let sinceMs: number | undefined
  for (const { atMs, step } of steps) {
    underWay += step
    if (underWay >= concurrency) sinceMs ??= atMs
    else if (sinceMs !== undefined) {
      full.push({ fromMs: sinceMs, untilMs: atMs })
      sinceMs = undefined
    }
  }
  return full
}
