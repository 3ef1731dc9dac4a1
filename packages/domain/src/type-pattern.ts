/**
 * Subscription patterns over dotted event types: `*` is exactly one segment, `**` any number (none too).
 * `order.*` takes `order.placed`, not `order.item.added`; `order.**` takes both, and `order`.
 */

const PATTERN = /^(\*\*|\*|[A-Za-z0-9_-]+)(\.(\*\*|\*|[A-Za-z0-9_-]+))*$/

/** Says what is wrong with a pattern, or `undefined` when it is well formed. */
export function typePatternError(pattern: string): string | undefined {
  if (PATTERN.test(pattern)) return undefined
  return `"${pattern}" is not a type pattern: use segments of A-Z a-z 0-9 _ - separated by dots, * for one segment, ** for any number`
}

/** Compiles a well-formed pattern once into a test. */
export function compileTypePattern(pattern: string): (type: string) => boolean {
  if (!pattern.includes('*')) return (type) => type === pattern
  const segments = pattern.split('.')
  if (segments.every((segment) => segment === '**')) return () => true
  return (type) => matches(segments, type.split('.'))
}

/** One row per pattern segment, one place per number of type segments used up: no backtracking, whatever the pattern. */
function matches(pattern: readonly string[], type: readonly string[]): boolean {
  let reachable: boolean[] = [true, ...type.map(() => false)]
  for (const segment of pattern) {
    const next = reachable.map(() => false)
    for (let used = 0; used <= type.length; used++) {
      if (reachable[used] !== true) continue
      if (segment === '**') next.fill(true, used)
      else if (used < type.length && (segment === '*' || segment === type[used])) next[used + 1] = true
    }
    reachable = next
  }
  return reachable[type.length] === true
}
