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
  return (type) => matches(segments, 0, type.split('.'), 0)
}

function matches(pattern: readonly string[], p: number, type: readonly string[], t: number): boolean {
  for (; p < pattern.length; p++, t++) {
    if (pattern[p] === '**') {
      // A run of ** is one **; without this a hostile pattern would take exponential time.
      while (pattern[p + 1] === '**') p++
      for (let rest = t; rest <= type.length; rest++) if (matches(pattern, p + 1, type, rest)) return true
      return false
    }
    if (t >= type.length || (pattern[p] !== '*' && pattern[p] !== type[t])) return false
  }
  return t === type.length
}
