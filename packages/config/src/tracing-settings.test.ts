import { expect, test } from 'vitest'
import { readTracing } from './tracing-settings.ts'

const DEFAULTS = {
  sampler: { kind: 'parentbased_always_on', ratio: 1 },
  batch: { delayMs: 5_000, exportTimeoutMs: 30_000, maxQueueSize: 2_048, maxBatchSize: 512 },
}
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test.each([
  ['an endpoint', ENDPOINT],
  ['an endpoint for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }],
  ['the exporter', { OTEL_TRACES_EXPORTER: 'otlp' }],
])('%s turns traces on, with the defaults of the standard', (_what, given) => {
  expect(readTracing(given)).toEqual({ kind: 'on', settings: DEFAULTS })
})

test.each([
  ['nothing', {}],
  ['a sampler alone', { OTEL_TRACES_SAMPLER: 'always_on' }],
  ['no exporter, whatever the endpoint', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
  ['a disabled SDK', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'TRUE' }],
])('%s leaves them off', (_what, given) => {
  expect(readTracing(given)).toEqual({ kind: 'off' })
})

test('an SDK that is not disabled is not', () => {
  expect(readTracing({ ...ENDPOINT, OTEL_SDK_DISABLED: 'false' })).toMatchObject({ kind: 'on' })
})

test('every setting can be set', () => {
  const given = {
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_BSP_EXPORT_TIMEOUT: '2',
    OTEL_BSP_MAX_QUEUE_SIZE: '4',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '3',
  }
  expect(readTracing(given)).toEqual({
    kind: 'on',
    settings: {
      sampler: { kind: 'parentbased_traceidratio', ratio: 0.25 },
      batch: { delayMs: 1, exportTimeoutMs: 2, maxQueueSize: 4, maxBatchSize: 3 },
    },
  })
})

const WRONG: Record<string, string> = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  OTEL_TRACES_SAMPLER: 'sometimes',
  OTEL_TRACES_SAMPLER_ARG: '2',
  OTEL_BSP_SCHEDULE_DELAY: '1s',
}

test('every mistake is told', () => {
  const reading = readTracing(WRONG)
  if (reading.kind !== 'mistakes') throw new Error(reading.kind)
  expect(reading.mistakes.map((mistake) => mistake.split(':')[0]).sort()).toEqual(Object.keys(WRONG).sort())
})

test('an exporter that is not there is a mistake', () => {
  expect(readTracing({ OTEL_TRACES_EXPORTER: 'jaeger' })).toMatchObject({ kind: 'mistakes' })
})

test('where traces are off, nobody minds how they would be sent', () => {
  expect(readTracing({ ...WRONG, OTEL_SDK_DISABLED: 'true' })).toEqual({ kind: 'off' })
})
