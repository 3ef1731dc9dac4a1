/**
 * Tries: what callers met, and whether a producer left one of them without an answer.
 *
 * Owns the count of refusals. One that lives and is not itself disturbed answers, whatever is the matter behind it.
 */
import type { Finding } from '../oracle/finding.ts'
import type { Window } from '../oracle/windows.ts'
import type { Try } from './lane.ts'

export type Tries = {
  readonly add: (tried: Try) => void
  /** By status. */
  readonly refusals: () => ReadonlyMap<number, number>
  /** How long the slowest refusal took, or a caller waited in vain for one. */
  readonly slowestRefusalMs: () => number
}

export type TriesDeps = {
  /** By its name. */
  readonly lives: (producer: string) => boolean
  readonly windows: () => readonly Window[]
  readonly onFinding: (finding: Finding) => void
}

export function countTries({ lives, windows, onFinding }: TriesDeps): Tries {
  const refusals = new Map<number, number>()
  let slowestMs = 0
  const isDisturbed = ({ producer, fromMs, tookMs }: Try) =>
    windows().some(
      (window) => window.part === producer && window.fromMs <= fromMs + tookMs && window.untilMs >= fromMs,
    )
  return {
    refusals: () => refusals,
    slowestRefusalMs: () => slowestMs,
    add: (tried) => {
      const { producer, status, tookMs } = tried
      if (status === 202 || status === 'lost') return
      if (status !== 'timeout') refusals.set(status, (refusals.get(status) ?? 0) + 1)
      else {
        if (!lives(producer) || isDisturbed(tried)) return
        const detail = `no answer in ${String(Math.round(tookMs))} ms`
        onFinding({ kind: 'bad-answer', subject: producer, detail })
      }
      slowestMs = Math.max(slowestMs, tookMs)
    },
  }
}
