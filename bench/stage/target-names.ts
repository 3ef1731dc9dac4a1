/** The targets a run has: alpha, beta, gamma, and numbered ones beyond. */

const NAMED = ['alpha', 'beta', 'gamma']

/** The first `count` targets. */
export function targetNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => NAMED[index] ?? `target-${String(index + 1)}`)
}
