/** A collector of traces: takes OTLP over HTTP, as protobuf, and keeps the spans. */
import { startScriptedApi } from './scripted-api.ts'
import { decodeSpans, type OtlpSpan } from './otlp-spans.ts'

export type Collector = {
  /** What turns traces on and sends them here, at once. */
  readonly environment: Record<string, string>
  readonly spans: () => OtlpSpan[]
  readonly requests: () => number
  readonly close: () => Promise<void>
}

export async function startCollector(): Promise<Collector> {
  const api = await startScriptedApi()
  return {
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: api.url, OTEL_BSP_SCHEDULE_DELAY: '20' },
    spans: () => api.received('/v1/traces').flatMap(({ body }) => decodeSpans(body)),
    requests: () => api.received().length,
    close: api.close,
  }
}
