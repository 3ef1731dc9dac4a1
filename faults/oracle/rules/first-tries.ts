/**
 * First tries: an event that was taken is sent on at once, unless its target is busy or something is disturbed.
 *
 * How long a queue in front of a target may be is not known here. So a first try is late only when its target was left alone
 * while it waited, or when events went first that were taken long after it.
 */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { marginMs } from '../policy.ts'
import { coveredMs, type Stretch } from '../stretches.ts'
import { holdUps, isDisturbed, isStarved, standstills } from '../windows.ts'
import { busyTargets } from './busy-targets.ts'
import { beganBetween } from './generations.ts'

type Wait = { readonly id: string; readonly dueMs: number; readonly firstMs: number }

export function findFirstTriedTooLate(evidence: Evidence): Finding[] {
  const busy = busyTargets(evidence)
  const stood = standstills(evidence.windows)
  return [...Map.groupBy(evidence.cases, ({ target }) => target)].flatMap(([target, cases]) => {
    const held = holdUps(evidence.windows, target, 'first')
    return ofTarget(cases, evidence, { held, stood, busy: busy.get(target) ?? [] })
  })
}

type Circumstances = Readonly<Record<'held' | 'stood' | 'busy', readonly Stretch[]>>

function ofTarget(
  cases: readonly Case[],
  { policy }: Evidence,
  { held, stood, busy }: Circumstances,
): Finding[] {
  const explained = [...held, ...stood, ...busy]
  const waits = cases.flatMap(waitOf).toSorted((a, b) => a.dueMs - b.dueMs)
  const tries = cases.flatMap(triedAt).toSorted((a, b) => a - b)
  const earliest = earliestFrom(waits)
  return waits.flatMap(({ id, dueMs, firstMs }): Finding[] => {
    const waitedMs = firstMs - dueMs
    if (waitedMs <= marginMs(policy, false)) return []
    const limitMs = marginMs(policy, isDisturbed(dueMs, firstMs, held) || isStarved(dueMs, firstMs, stood))
    if (waitedMs <= limitMs || waitedMs - coveredMs(dueMs, firstMs, explained) <= limitMs) return []
    const found = (detail: string): Finding[] => [{ kind: 'first-tried-too-late', subject: id, detail }]
    const during = [dueMs, ...tries.filter((atMs) => atMs > dueMs && atMs < firstMs), firstMs]
    const alone = during
      .slice(1)
      .map((atMs, index) => leftAloneMs(during[index] ?? atMs, atMs, explained))
      .reduce((longest, one) => Math.max(longest, one), 0)
    if (alone > limitMs)
      return found(`${String(waitedMs)} ms, for ${String(alone)} of which its target was left alone`)
    // A worker makes the bundle it has in hand slot by slot while others go on: some overtaking is by design.
    const longMs = marginMs(policy, true)
    const behind = waits.findIndex((other) => other.dueMs > dueMs + longMs)
    const overtookMs = behind === -1 ? Infinity : (earliest[behind] ?? Infinity)
    return overtookMs < firstMs
      ? found(`${String(waitedMs)} ms, while events went first that came ${String(longMs)} ms after it`)
      : []
  })
}

function leftAloneMs(fromMs: number, untilMs: number, explained: readonly Stretch[]): number {
  return untilMs - fromMs - coveredMs(fromMs, untilMs, explained)
}

function waitOf(one: Case): Wait[] {
  const firstMs = Math.min(...triedAt(one))
  const { id, promised } = one
  const dueMs = promised.atMs + (promised.delayMs ?? 0)
  // What died untried, behind an open breaker, is first tried in another life.
  const isSecondLife = beganBetween(one, dueMs, firstMs)
  return firstMs === Infinity || isSecondLife ? [] : [{ id, dueMs, firstMs }]
}

/** Not every attempt reaches the receiver. */
function triedAt({ requests, delivery }: Case): number[] {
  const unseen = (delivery?.attemptList ?? []).filter(({ httpStatus }) => httpStatus === null)
  return [...requests, ...unseen].map(({ atMs }) => atMs)
}

/** For each of them when the first of it and all behind it was tried. */
function earliestFrom(waits: readonly Wait[]): number[] {
  const earliest: number[] = []
  let least = Infinity
  for (const { firstMs } of waits.toReversed()) {
    least = Math.min(least, firstMs)
    earliest.push(least)
  }
  return earliest.reverse()
}
