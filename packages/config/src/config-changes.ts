/** What a reload changed, in the words of a log line: names of targets and paths of sources. */
import type { Target } from '@manifold/domain'
import { everyTarget, type Config } from './load-config.ts'

export type ConfigChanges = {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** As far as can be seen: what their functions call may have changed as well. */
  readonly changed: readonly string[]
}

/** Compares the targets of two configs. */
export function targetChanges(before: Config, after: Config): ConfigChanges {
  const old = new Map(everyTarget(before).map((target) => [target.name, target]))
  const present = new Map(everyTarget(after).map((target) => [target.name, target]))
  return {
    added: [...present.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !present.has(name)),
    changed: [...present].flatMap(([name, target]) => {
      const earlier = old.get(name)
      return earlier === undefined || looksOf(earlier) === looksOf(target) ? [] : [name]
    }),
  }
}

/** Functions by their text; secrets show nothing of themselves. */
function looksOf(target: Target): string {
  return JSON.stringify(target, (_key, value: unknown) =>
    typeof value === 'function' ? String(value) : value,
  )
}
