/**
 * The calls of scripts, for tests that strike at them: each passes a point before it and a point behind it.
 *
 * A point's name is made once, when its script is loaded; unless somebody watches, passing it is a call of an empty function.
 */
import { readdirSync } from 'node:fs'

let onPassed: (point: string) => void = () => undefined

/** Passes a point of a script. */
export function passPoint(point: string): void {
  onPassed(point)
}

/** Test only: what scripts there are, and how to be told of each call. */
export const scriptCalls = {
  /** Of `lua/`, without those that are only included. */
  names: (): readonly string[] =>
    readdirSync(new URL('lua', import.meta.url))
      .filter((file) => file.endsWith('.lua'))
      .map((file) => file.slice(0, -'.lua'.length))
      .toSorted(),
  /** @param told `before:<script>` when a call begins, `after:<script>` when its answer is there */
  watch: (told: (point: string) => void): void => {
    onPassed = told
  },
}
