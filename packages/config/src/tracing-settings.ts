/**
 * Whether traces are sent, and how: OpenTelemetry's standard variables, as far as Manifold reads them itself. Where the
 * collector is, its headers, certificates and timeouts, and what OTEL_RESOURCE_ATTRIBUTES says, is read by OpenTelemetry.
 *
 * The table in docs/tracing.md is held equal to this list by a contract test.
 */
import { z } from 'zod'

export const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const

export type TracingSettings = {
  readonly sampler: { readonly kind: (typeof SAMPLERS)[number]; readonly ratio: number }
  readonly batch: {
    readonly delayMs: number
    readonly exportTimeoutMs: number
    readonly maxQueueSize: number
    readonly maxBatchSize: number
  }
}

const amount = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1))
    .prefault(String(fallback))

const endpoint = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    'use http://host:port or https://host:port',
  )
  .optional()

const protocol = z.enum(['http/protobuf'], 'only http/protobuf is spoken').optional()

const environmentSchema = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1),
  OTEL_BSP_SCHEDULE_DELAY: amount(5_000),
  OTEL_BSP_EXPORT_TIMEOUT: amount(30_000),
  OTEL_BSP_MAX_QUEUE_SIZE: amount(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: amount(512),
})

/** Names of every variable read here. */
export const TRACING_SETTING_NAMES: readonly string[] = [
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  ...Object.keys(environmentSchema.shape),
]

export type TracingReading =
  | { readonly kind: 'off' }
  | { readonly kind: 'on'; readonly settings: TracingSettings }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] }

/** Only where traces are to be sent is anything wrong with how: these variables are often set for a whole machine. */
export function readTracing(given: Readonly<Record<string, string | undefined>>): TracingReading {
  const wanted = isWanted(given)
  if (wanted !== true) return wanted === false ? { kind: 'off' } : { kind: 'mistakes', mistakes: [wanted] }
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success)
    return {
      kind: 'mistakes',
      mistakes: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    }
  const env = parsed.data
  return {
    kind: 'on',
    settings: {
      sampler: { kind: env.OTEL_TRACES_SAMPLER, ratio: env.OTEL_TRACES_SAMPLER_ARG },
      batch: {
        delayMs: env.OTEL_BSP_SCHEDULE_DELAY,
        exportTimeoutMs: env.OTEL_BSP_EXPORT_TIMEOUT,
        maxQueueSize: env.OTEL_BSP_MAX_QUEUE_SIZE,
        maxBatchSize: env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
      },
    },
  }
}

/** An endpoint asks for traces, or the exporter does, which may also turn them off. @returns what is wrong, in words */
function isWanted(given: Readonly<Record<string, string | undefined>>): boolean | string {
  if (given['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false
  switch (given['OTEL_TRACES_EXPORTER']) {
    case undefined:
      return (
        given['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined ||
        given['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] !== undefined
      )
    case 'otlp':
      return true
    case 'none':
      return false
    default:
      return 'OTEL_TRACES_EXPORTER: use otlp or none'
  }
}
