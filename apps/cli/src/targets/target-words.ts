/** How a target does, in words. */
import type { TargetView } from '@manifold/client'

export function stateOf({ paused, gone }: TargetView): string {
  if (gone) return 'gone'
  return paused ? 'paused' : 'running'
}

/** How many attempts came to what. */
export function lastMinute({ lastMinute }: TargetView): string {
  const parts = Object.entries(lastMinute).filter(([, count]) => count > 0)
  return parts.map(([outcome, count]) => `${String(count)} ${outcome}`).join(', ') || '-'
}
