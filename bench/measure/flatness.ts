/** Flatness: whether a row of samples has stopped growing, told by its last two thirds. */
import { median } from './median.ts'

export type Flatness = {
  readonly secondThird: number
  readonly lastThird: number
  /** Last third against second: 1 is flat. */
  readonly ratio: number
}

/** Compares the median of the last third of the samples with that of the second. @throws with fewer than three */
export function flatnessOf(samples: readonly number[]): Flatness {
  const third = Math.floor(samples.length / 3)
  const lastThird = median(samples.slice(samples.length - third))
  const secondThird = median(samples.slice(samples.length - 2 * third, samples.length - third))
  return { secondThird, lastThird, ratio: lastThird / secondThird }
}
