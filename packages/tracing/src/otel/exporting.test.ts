import { createLogger } from '@manifold/runtime'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { expect, test } from 'vitest'
import { warning } from './exporting.ts'

test('however often a collector is away, it is told once in a while, and without its address', async () => {
  const lines: string[] = []
  const logger = createLogger('test', 'info', { write: (line: string) => lines.push(line) })
  const away = new OTLPTraceExporter({ url: 'http://user:hush@127.0.0.1:9/hush', timeoutMillis: 20 })
  const exporter = warning(away, logger)
  const exporting = Array.from(
    { length: 10 },
    () =>
      new Promise<Error | undefined>((resolve) => {
        exporter.export([], ({ error }) => {
          resolve(error)
        })
      }),
  )
  for (const error of await Promise.all(exporting)) expect(error).toBeInstanceOf(Error)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('the collector of traces takes nothing')
  expect(lines[0]).not.toContain('hush')
})
