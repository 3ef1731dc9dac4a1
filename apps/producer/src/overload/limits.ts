/** The limits that intake keeps to: those of the settings, and those that targets have of their own. */
import type { Settings } from '@manifold/config'
import type { LoadLimits, Target } from '@manifold/domain'

/** Whatever a target says of itself goes before the setting for all. */
export function limitsOf({ overload }: Settings, targets: readonly Target[]): LoadLimits {
  const maxBacklogOf = new Map<string, number>()
  for (const { name, maxBacklog = overload.maxBacklogPerTarget } of targets) {
    if (maxBacklog > 0) maxBacklogOf.set(name, maxBacklog)
  }
  return { maxBacklog: overload.maxBacklog, maxBacklogOf, maxMemoryPercent: overload.maxMemoryPercent }
}
