/** Whether a variable of a deployment is one that the parts read. */
import { SETTING_NAMES } from '@manifold/config'

/** Secrets may be given as files; what begins with OTEL_ is a standard of its own. */
export function isSetting(name: string): boolean {
  return SETTING_NAMES.includes(name.replace(/_FILE$/, '')) || name.startsWith('OTEL_')
}
