/** Tracing by OpenTelemetry: its parts put together. Loaded by start-tracing.ts, and only when tracing is on. */
import type { TracingSettings } from '@manifold/config'
import { VERSION, withinMs, type Logger } from '@manifold/runtime'
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import type { Tracing } from '../tracing.ts'
import { startAttempt } from './attempt-span.ts'
import { createProcessor } from './exporting.ts'
import { createIds } from './ids.ts'
import { startPublish } from './publish-span.ts'
import { startRequest } from './request-span.ts'
import { createSampler } from './sampling.ts'

/** What a stopping process may take to send its last spans: less than it has beyond its drain. */
const FLUSH_MS = 1_000

export function openTelemetry({ sampler, batch }: TracingSettings, service: string, logger: Logger): Tracing {
  const ids = createIds()
  const provider = new TracerProvider({
    resource: resourceOf(service),
    sampler: createSampler(sampler),
    idGenerator: ids.generator,
    spanProcessors: [createProcessor(batch, logger)],
  })
  const tracer = provider.getTracer('manifold', VERSION)
  const deps = { tracer, ids }
  return {
    startRequest: (request) => startRequest(tracer, request),
    startPublish: (publish) => startPublish(tracer, publish),
    startAttempt: (ref, claim) => startAttempt(deps, ref, claim),
    close: async () => {
      await withinMs(FLUSH_MS, 'the collector', provider.shutdown()).catch(() => {
        logger.warn('the last spans were not sent')
      })
    },
  }
}

/** Whose spans these are. The standard settings have the last word. */
function resourceOf(service: string) {
  return defaultResource()
    .merge(detectResources({ detectors: [serviceInstanceIdDetector] }))
    .merge(
      resourceFromAttributes({
        'service.name': service,
        'service.version': VERSION,
        'process.pid': process.pid,
      }),
    )
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }))
}
