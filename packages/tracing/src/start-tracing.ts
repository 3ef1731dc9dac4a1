/** Turns tracing on where the settings ask for it. Nothing of OpenTelemetry is loaded where they do not. */
import type { TracingSettings } from '@manifold/config'
import type { Logger } from '@manifold/runtime'
import { NO_TRACING } from './no-tracing.ts'
import type { Tracing } from './tracing.ts'

/**
 * @param settings `undefined` when tracing is off
 * @param service whose spans they are, unless OTEL_SERVICE_NAME says otherwise
 */
export async function startTracing(
  settings: TracingSettings | undefined,
  service: string,
  logger: Logger,
): Promise<Tracing> {
  if (settings === undefined) return NO_TRACING
  const { openTelemetry } = await import('./otel/open-telemetry.ts')
  return openTelemetry(settings, service, logger)
}
