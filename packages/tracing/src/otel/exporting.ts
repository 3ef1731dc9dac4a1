/** Sends spans to a collector by OTLP, in batches, in the background. A collector that is away costs a warning now and then. */
import type { TracingSettings } from '@manifold/config'
import type { Logger } from '@manifold/runtime'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'

const WARN_EVERY_MS = 60_000

/** Where to, with what headers, is read by the exporter from the standard settings itself. */
export function createProcessor(batch: TracingSettings['batch'], logger: Logger): SpanProcessor {
  return new BatchSpanProcessor({
    exporter: warning(new OTLPTraceExporter(), logger),
    scheduledDelayMillis: batch.delayMs,
    exportTimeoutMillis: batch.exportTimeoutMs,
    maxQueueSize: batch.maxQueueSize,
    maxExportBatchSize: batch.maxBatchSize,
  })
}

/** What fails is told once in a while, without the address: it may hold a secret. */
export function warning(exporter: SpanExporter, logger: Logger): SpanExporter {
  let toldAtMs = -Infinity
  let lost = 0
  return {
    ...(exporter.forceFlush === undefined
      ? {}
      : { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
    shutdown: () => exporter.shutdown(),
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) {
          lost += spans.length
          if (Date.now() - toldAtMs >= WARN_EVERY_MS) {
            toldAtMs = Date.now()
            const reason = 'code' in result.error ? String(result.error.code) : result.error.name
            logger.warn(
              { reason, spans: lost },
              'the collector of traces takes nothing; nothing waits for it',
            )
            lost = 0
          }
        }
        done(result)
      })
    },
  }
}
