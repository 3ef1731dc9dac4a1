/** Traces: what a collector gets of real processes, as OTLP over HTTP, and that the tree is one. */
import { fileURLToPath } from 'node:url'
import { readTraceparent } from '@manifold/domain'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startCollector, type Collector } from '../support/collector.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import type { OtlpSpan } from '../support/otlp-spans.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER_SPAN = '00f067aa0ba902b7'
const SAMPLED = `00-${TRACE_ID}-${CALLER_SPAN}-01`
const NOT_SAMPLED = `00-${TRACE_ID}-${CALLER_SPAN}-00`

let stage: FaultStage
let collector: Collector

beforeEach(async () => {
  ;[stage, collector] = await Promise.all([setFaultStage(), startCollector()])
})
afterEach(() => Promise.all([stage.close(), collector.close()]))

type Parts = { readonly url: string; readonly stop: () => Promise<string> }

/** A producer and a worker for one target; `stop` ends both in order, and gives what they have written. */
async function startParts(environment: Record<string, string> = collector.environment): Promise<Parts> {
  const [producer, worker] = await Promise.all([
    stage.producer(environment),
    stage.worker(environment, ['alpha']),
  ])
  return {
    url: `http://127.0.0.1:${String(producer.port)}`,
    stop: async () => {
      for (const part of [producer, worker]) {
        part.kill('SIGTERM')
        expect(await part.ended).toBe(0)
      }
      return producer.output() + worker.output()
    },
  }
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ type: 'order.placed', data: { token: 'hush' }, targets: ['alpha'], ...body }),
  })
  expect(answer.status).toBe(202)
  return ((await answer.json()) as { id: string }).id
}

const settled = (url: string, id: string) =>
  eventually('the event to settle', async () => {
    const { status } = (await (await fetch(`${url}/v1/events/${id}`)).json()) as { status: string }
    return status !== 'pending'
  })

const traceparents = () =>
  stage.sandbox.received().map(({ headers }) => readTraceparent(String(headers['traceparent'])))

const named = (name: string) => (span: OtlpSpan) => span.name === name

/** Those of one event, without the looks at its status. */
const spansOf = (eventId: string) =>
  collector
    .spans()
    .filter(({ attributes }) => attributes['manifold.event_id'] === eventId)
    .sort((a, b) => a.startMs - b.startMs)

test('one trace leads from the caller through request and publish to both attempts and their calls', async () => {
  stage.sandbox.behave('alpha', '/flaky?fail=1&status=503')
  const { url, stop } = await startParts()
  const id = await post(url, {}, { traceparent: SAMPLED })
  await settled(url, id)
  const output = await stop()

  const [request, publish, first, second, ...others] = spansOf(id)
  expect(others).toEqual([])
  expect(request).toMatchObject({
    name: 'POST /v1/events',
    kind: 'SERVER',
    traceId: TRACE_ID,
    parentSpanId: CALLER_SPAN,
    isError: false,
    attributes: { 'http.route': '/v1/events', 'http.response.status_code': 202 },
    resource: { 'service.name': 'manifold-producer' },
  })
  expect(publish).toMatchObject({
    name: 'publish order.placed',
    kind: 'PRODUCER',
    traceId: TRACE_ID,
    parentSpanId: request?.spanId,
    attributes: { 'messaging.system': 'manifold', 'manifold.accept': 'accepted' },
  })

  const attempt = {
    name: 'deliver alpha',
    kind: 'CONSUMER',
    traceId: TRACE_ID,
    parentSpanId: '',
    links: [{ traceId: TRACE_ID, spanId: publish?.spanId }],
    resource: { 'service.name': 'manifold-worker' },
  }
  expect(first).toMatchObject({
    ...attempt,
    isError: true,
    attributes: {
      'manifold.delivery_id': `${id}-alpha`,
      'manifold.attempt': 1,
      'manifold.outcome': 'retryable',
      'manifold.settlement': 'retry',
      'error.type': first?.attributes['manifold.reason'],
    },
  })
  expect(second).toMatchObject({
    ...attempt,
    isError: false,
    attributes: { 'manifold.attempt': 2, 'manifold.outcome': 'delivered' },
  })

  const calls = collector.spans().filter(({ kind }) => kind === 'CLIENT')
  expect(calls).toMatchObject([
    { name: 'POST', parentSpanId: first?.spanId, isError: true, attributes: { 'error.type': '503' } },
    { name: 'POST', parentSpanId: second?.spanId, attributes: { 'http.response.status_code': 200 } },
  ])
  // What the target was told is the span of the very call.
  expect(traceparents()).toEqual(calls.map(({ spanId }) => ({ traceId: TRACE_ID, spanId, flags: '01' })))

  // The lines of the log say where to look.
  const lines = output.split('\n').filter((line) => line.includes(`"${id}"`))
  const attempts = lines.filter((line) => line.includes('"attempt"'))
  expect(attempts).toHaveLength(2)
  for (const line of lines) expect(line).toContain(TRACE_ID)
  expect(attempts[0]).toContain(`"spanId":"${first?.spanId ?? ''}"`)
  expect(JSON.stringify(collector.spans())).not.toContain('hush')
})

test('an event without a caller’s trace begins one, and resource and service are named by the standard settings', async () => {
  const { url, stop } = await startParts({
    ...collector.environment,
    OTEL_SERVICE_NAME: 'events',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  })
  const id = await post(url, {})
  await settled(url, id)
  await stop()
  const [request, ...rest] = spansOf(id)
  expect(request).toMatchObject({ kind: 'SERVER', parentSpanId: '' })
  expect(rest.map(({ traceId }) => traceId)).toEqual([request?.traceId, request?.traceId])
  for (const { resource } of collector.spans())
    expect(resource).toMatchObject({ 'service.name': 'events', 'deployment.environment.name': 'test' })
})

test('of a caller that does not sample nothing is sent, and its trace is passed on all the same', async () => {
  const { url, stop } = await startParts()
  const id = await post(url, {}, { traceparent: NOT_SAMPLED })
  await eventually('the delivery', () => stage.sandbox.received().length === 1)
  const output = await stop()
  expect(collector.spans()).toEqual([])
  expect(traceparents()).toMatchObject([{ traceId: TRACE_ID, flags: '00' }])
  for (const line of output.split('\n').filter((line) => line.includes(`"${id}"`)))
    expect(line).toContain(TRACE_ID)
})

test('a sampler that takes nothing is obeyed by the producer, and by the worker that asks what the producer did', async () => {
  const { url, stop } = await startParts({ ...collector.environment, OTEL_TRACES_SAMPLER: 'always_off' })
  await post(url, {}, { traceparent: SAMPLED })
  await eventually('the delivery', () => stage.sandbox.received().length === 1)
  await stop()
  expect(collector.spans()).toEqual([])
  expect(traceparents()).toMatchObject([{ traceId: TRACE_ID, flags: '00' }])
})

test('an attempt behind a replay is linked to the request that asked for it, as well as to the publishing', async () => {
  stage.sandbox.behave('alpha', '/status/400')
  const { url, stop } = await startParts()
  const id = await post(url, {})
  await settled(url, id)
  stage.sandbox.behave('alpha', '/ok')
  const replayed = await fetch(`${url}/v1/admin/dead-letters/${id}-alpha/replay`, { method: 'POST' })
  expect(replayed.status).toBe(202)
  await settled(url, id)
  await stop()

  const replay = collector.spans().find(named('POST /v1/admin/dead-letters/:deliveryId/replay'))
  const publish = collector.spans().find(named('publish order.placed'))
  const [, last] = spansOf(id).filter(named('deliver alpha'))
  expect(last).toMatchObject({
    traceId: publish?.traceId,
    attributes: { 'manifold.generation': 2 },
    links: [
      { spanId: publish?.spanId, attributes: { 'manifold.link': 'publish' } },
      { traceId: replay?.traceId, spanId: replay?.spanId, attributes: { 'manifold.link': 'replay' } },
    ],
  })
})

test('the items of a batch are in traces of their own, linked to the request, unless its caller has a trace', async () => {
  const { url, stop } = await startParts()
  const batch = (headers: Record<string, string>) =>
    fetch(`${url}/v1/events/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify([
        { type: 'a.b', data: 1, targets: ['alpha'] },
        { type: 'a.b', data: 2, targets: ['alpha'] },
      ]),
    })
  await (await batch({})).text()
  await (await batch({ traceparent: SAMPLED })).text()
  await stop()
  const requests = collector.spans().filter(named('POST /v1/events/batch'))
  const items = collector.spans().filter(({ kind }) => kind === 'PRODUCER')
  const own = items.filter(({ parentSpanId }) => parentSpanId === '')
  expect(new Set(own.map(({ traceId }) => traceId)).size).toBe(2)
  for (const { links } of own) expect(links).toMatchObject([{ spanId: requests[0]?.spanId }])
  const callers = items.filter(({ traceId }) => traceId === TRACE_ID)
  expect(callers.map(({ parentSpanId }) => parentSpanId)).toEqual([requests[1]?.spanId, requests[1]?.spanId])
})

test('a collector that is away costs a warning, and neither an answer, nor a delivery, nor the end', async () => {
  const { url, stop } = await startParts({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_TIMEOUT: '50',
    OTEL_BSP_SCHEDULE_DELAY: '1',
  })
  const id = await post(url, {})
  await settled(url, id)
  expect(await stop()).toContain('the collector of traces takes nothing')
})

test('turned off, nothing of OpenTelemetry is loaded, and the log still names the trace', async () => {
  const { url, stop } = await startParts({
    ...collector.environment,
    OTEL_SDK_DISABLED: 'true',
    NODE_OPTIONS: `--import ${fileURLToPath(new URL('../support/loaded-modules.ts', import.meta.url))}`,
  })
  const id = await post(url, {}, { traceparent: SAMPLED })
  await settled(url, id)
  const output = await stop()
  // The list is there, and it is one of modules.
  expect(output).toContain('/packages/tracing/src/index.ts')
  // prom-client brings the empty API by itself; without an SDK it does nothing.
  const loaded = output.split('\n').filter((line) => line.includes('@opentelemetry'))
  expect(loaded.filter((line) => !line.includes('/@opentelemetry/api/'))).toEqual([])
  expect(collector.requests()).toBe(0)
  expect(traceparents()).toMatchObject([{ traceId: TRACE_ID, flags: '01' }])
  const lines = output.split('\n').filter((line) => line.includes(`"eventId":"${id}"`))
  expect(lines.length).toBeGreaterThanOrEqual(2)
  for (const line of lines) expect(line).toContain(TRACE_ID)
})
