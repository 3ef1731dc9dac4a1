/** Summaries of rounds: medians of what each round measured, and numbers as a reader wants them. */
import { median } from './median.ts'

/** The median of one figure over all rounds. */
export function medianOf<Round>(rounds: readonly Round[], figure: (round: Round) => number): number {
  return median(rounds.map(figure))
}

/** The median of each named figure over all rounds; the first round's names count. */
export function mediansOf(rounds: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(rounds[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, medianOf(rounds, (round) => round[name] ?? NaN)]))
}

/** Three significant digits at the least, thousands separated. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** `3,120 (2,980–3,200)`: the median, and the span of the rounds where there are several. */
export function withSpan(values: readonly number[]): string {
  const middle = figure(median(values))
  if (values.length < 2) return middle
  return `${middle} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`
}

/** `0.034` as `3 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
