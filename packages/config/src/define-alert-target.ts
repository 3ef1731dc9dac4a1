/** A target for operational events: its functions know the data of each, told apart by `type`. */
import type { ManifoldEvent, OperationalData, OperationalType } from '@manifold/domain'
import type { TargetDefinition } from './define-target.ts'

/** An event that Manifold tells of its own work. */
export type AlertEvent = {
  [Type in OperationalType]: Omit<ManifoldEvent<OperationalData[Type]>, 'type'> & { readonly type: Type }
}[OperationalType]

/** Types a target that subscribes to operational events alone. Mistakes are reported when the config is loaded. */
export function defineAlertTarget(
  definition: TargetDefinition<AlertEvent> & {
    subscribe: readonly (OperationalType | `manifold.${string}*`)[]
  },
): TargetDefinition {
  return definition as unknown as TargetDefinition
}
