/** Traces: what a collector gets of real processes, as OTLP over HTTP, and that the tree is one. */
import { fileURLToPath } from 'node:url'
import { formatTraceparent, readTraceparent, SUSPECT_AFTER_CRASHES } from '@manifold/domain'
import { randomHex } from '@manifold/runtime'
import { claimDelivery } from '@manifold/store'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startCollector, type Collector } from '../support/collector.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import type { OtlpSpan } from '../support/otlp-spans.ts'

const CALLER_SPAN = '00f067aa0ba902b7'

/** What a caller sends: a trace of its own, sampled or not. */
const callerTrace = (flags: '00' | '01') => {
  const traceId = randomHex(16)
  return { traceId, headers: { traceparent: formatTraceparent(traceId, CALLER_SPAN, flags) } }
}

let stage: FaultStage
let collector: Collector
let parts: Parts

beforeAll(async () => {
  ;[stage, collector] = await Promise.all([setFaultStage(), startCollector()])
  parts = await startParts()
})
beforeEach(() => {
  stage.sandbox.behave('alpha', '/ok')
})
afterAll(() => Promise.all([stage.close(), collector.close()]))

type Parts = {
  readonly url: string
  /** What they have written so far. */
  readonly output: () => string
  /** Ends both in order. */
  readonly stop: () => Promise<void>
}

/** A producer, and a worker for one target, or some. */
async function startParts(more: Record<string, string> = {}, targets = ['alpha']): Promise<Parts> {
  const environment = { ...collector.environment, ...more }
  const [producer, worker] = await Promise.all([
    stage.producer(environment),
    stage.worker(environment, targets),
  ])
  return {
    url: `http://127.0.0.1:${String(producer.port)}`,
    output: () => producer.output() + worker.output(),
    stop: async () => {
      for (const part of [producer, worker]) {
        part.kill('SIGTERM')
        expect(await part.ended).toBe(0)
      }
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

/** What the requests that came for an event said of its trace. */
const traceparents = (eventId: string) =>
  stage.sandbox
    .received()
    .filter(({ headers }) => String(headers['webhook-id']).startsWith(eventId))
    .map(({ headers }) => readTraceparent(String(headers['traceparent'])))

const linesAbout = (eventId: string, output: string) =>
  output.split('\n').filter((line) => line.includes(`"eventId":"${eventId}"`))

const named = (name: string) => (span: OtlpSpan) => span.name === name

/** Those of one event, when so many have come. */
const spansOf = (eventId: string, count: number) =>
  eventually(`${String(count)} spans`, () => {
    const spans = collector.spans().filter(({ attributes }) => attributes['manifold.event_id'] === eventId)
    return spans.length >= count && spans.sort((a, b) => a.startMs - b.startMs)
  })

test('one trace leads from the caller through request and publish to both attempts and their calls', async () => {
  stage.sandbox.behave('alpha', '/flaky?fail=1&status=503')
  const { traceId, headers } = callerTrace('01')
  const id = await post(parts.url, {}, headers)
  const [request, publish, first, second, ...others] = await spansOf(id, 4)
  expect(others).toEqual([])
  expect(request).toMatchObject({
    name: 'POST /v1/events',
    kind: 'SERVER',
    traceId,
    parentSpanId: CALLER_SPAN,
    isError: false,
    attributes: { 'http.route': '/v1/events', 'http.response.status_code': 202 },
    resource: { 'service.name': 'manifold-producer' },
  })
  expect(publish).toMatchObject({
    name: 'publish order.placed',
    kind: 'PRODUCER',
    traceId,
    parentSpanId: request?.spanId,
    attributes: { 'messaging.system': 'manifold', 'manifold.accept': 'accepted' },
  })

  const attempt = {
    name: 'deliver alpha',
    kind: 'CONSUMER',
    traceId,
    parentSpanId: '',
    links: [{ traceId, spanId: publish?.spanId }],
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

  const calls = collector.spans().filter((span) => span.traceId === traceId && span.kind === 'CLIENT')
  expect(calls).toMatchObject([
    { name: 'POST', parentSpanId: first?.spanId, isError: true, attributes: { 'error.type': '503' } },
    { name: 'POST', parentSpanId: second?.spanId, attributes: { 'http.response.status_code': 200 } },
  ])
  // What the target was told is the span of the very call.
  expect(traceparents(id)).toEqual(calls.map(({ spanId }) => ({ traceId, spanId, flags: '01' })))

  // The lines of the log say where to look.
  const lines = await eventually('the lines', () => {
    const found = linesAbout(id, parts.output())
    return found.length >= 3 && found
  })
  for (const span of [request, first, second])
    expect(lines.filter((line) => line.includes(`"spanId":"${span?.spanId ?? ''}"`))).toHaveLength(1)
  for (const line of lines) expect(line).toContain(traceId)
  expect(JSON.stringify(collector.spans())).not.toContain('hush')
})

test('of a caller that does not sample nothing is sent, and its trace is passed on all the same', async () => {
  const { traceId, headers } = callerTrace('00')
  const id = await post(parts.url, {}, headers)
  await settled(parts.url, id)
  // What came later has been sent: what came before will not be.
  await spansOf(await post(parts.url, {}), 3)
  expect(collector.spans().filter((span) => span.traceId === traceId)).toEqual([])
  expect(traceparents(id)).toMatchObject([{ traceId, flags: '00' }])
  for (const line of linesAbout(id, parts.output())) expect(line).toContain(traceId)
})

test.each([
  ['of one', (id: string) => `/${id}-alpha/replay`, '/:deliveryId/replay'],
  ['by filter', () => '/replay', '/replay'],
])(
  'an attempt behind a replay %s is linked to the request that asked for it, and to the publishing',
  async (_what, pathOf, route) => {
    stage.sandbox.behave('alpha', '/status/400')
    const id = await post(parts.url, {})
    await settled(parts.url, id)
    stage.sandbox.behave('alpha', '/ok')
    const replayed = await fetch(`${parts.url}/v1/admin/dead-letters${pathOf(id)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(replayed.status).toBe(202)

    const attempts = await eventually('both attempts', async () => {
      const found = (await spansOf(id, 4)).filter(named('deliver alpha'))
      return found.length === 2 && found
    })
    const publish = (await spansOf(id, 4)).find(named('publish order.placed'))
    const replay = await eventually('the replay', () =>
      collector.spans().find(named(`POST /v1/admin/dead-letters${route}`)),
    )
    expect(attempts[1]).toMatchObject({
      traceId: publish?.traceId,
      attributes: { 'manifold.generation': 2 },
      links: [
        { spanId: publish?.spanId, attributes: { 'manifold.link': 'publish' } },
        { traceId: replay.traceId, spanId: replay.spanId, attributes: { 'manifold.link': 'replay' } },
      ],
    })
  },
)

test('a callback is an attempt of its own, in the trace of its event, linked to the publishing', async () => {
  const { url, stop } = await startParts(
    {
      MANIFOLD_CONFIG: fileURLToPath(new URL('../support/callbacks.config.ts', import.meta.url)),
      TEST_CALLBACK_SECRET: `whsec_${Buffer.from('a secret of callbacks').toString('base64')}`,
    },
    ['beta', 'callbacks'],
  )
  const callbackUrl = `${stage.sandbox.url}/t/caller/ok`
  const id = await post(url, { targets: ['beta'], callbackUrl })
  const attempt = await eventually('the span of the callback', () =>
    collector.spans().find(named('deliver callbacks')),
  )
  const call = await eventually('the span of its call', () =>
    collector.spans().find(({ kind, parentSpanId }) => kind === 'CLIENT' && parentSpanId === attempt.spanId),
  )
  const publish = (await spansOf(id, 3)).find(named('publish order.placed'))
  const { traceId = '', spanId = '' } = publish ?? {}
  expect(attempt).toMatchObject({ kind: 'CONSUMER', traceId, parentSpanId: '' })
  expect(attempt.links).toEqual([{ traceId, spanId, attributes: { 'manifold.link': 'publish' } }])
  const told = stage.sandbox
    .received()
    .filter(({ headers }) => String(headers['webhook-id']).endsWith('-callbacks'))
    .map(({ headers }) => readTraceparent(String(headers['traceparent'])))
  expect(told).toEqual([{ traceId, spanId: call.spanId, flags: '01' }])
  await stop()
})

test('what is tried in a process of its own is traced as anything else: the target is told of a span that is there', async () => {
  const id = await post(parts.url, { targets: ['gamma'] })
  const ref = { eventId: id, target: 'gamma', generation: 1 }
  // As workers leave it that end with it in hand.
  for (let crash = 1; crash <= SUSPECT_AFTER_CRASHES; crash++) {
    const terms = { claimant: 'died', process: `died-${String(crash)}`, claimMs: 1, probeMs: 1 }
    expect(await claimDelivery(stage.store, ref, terms)).toMatchObject({ kind: 'claimed' })
  }
  const worker = await stage.worker(collector.environment, ['gamma'])
  const attempt = await eventually('the span of the attempt', () =>
    collector.spans().find(named('deliver gamma')),
  )
  const call = await eventually('the span of its call', () =>
    collector.spans().find(({ kind, parentSpanId }) => kind === 'CLIENT' && parentSpanId === attempt.spanId),
  )
  expect(worker.output()).toContain('it is tried in a process of its own')
  expect(attempt).toMatchObject({ attributes: { 'manifold.event_id': id, 'manifold.outcome': 'delivered' } })
  expect(call).toMatchObject({ name: 'POST', attributes: { 'http.response.status_code': 200 } })
  expect(traceparents(id)).toEqual([{ traceId: attempt.traceId, spanId: call.spanId, flags: '01' }])
})

test('the items of a batch are in traces of their own, linked to the request, unless its caller has a trace', async () => {
  const { traceId, headers } = callerTrace('01')
  const post = async (more: Record<string, string>): Promise<void> => {
    const item = { type: 'in.batch', data: 1, targets: ['alpha'] }
    const answer = await fetch(`${parts.url}/v1/events/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...more },
      body: JSON.stringify([item, item]),
    })
    await answer.text()
  }
  await post({})
  await post(headers)
  const requests = await eventually('both requests', () => {
    const found = collector.spans().filter(named('POST /v1/events/batch'))
    return found.length === 2 && found.sort((a, b) => a.startMs - b.startMs)
  })
  const items = collector.spans().filter(named('publish in.batch'))
  const own = items.filter(({ parentSpanId }) => parentSpanId === '')
  expect(new Set(own.map((span) => span.traceId)).size).toBe(2)
  for (const { links } of own) expect(links).toMatchObject([{ spanId: requests[0]?.spanId }])
  const inTrace = items.filter((span) => span.traceId === traceId)
  expect(inTrace.map(({ parentSpanId }) => parentSpanId)).toEqual([requests[1]?.spanId, requests[1]?.spanId])
})

test('what is not sent yet is sent at the end, under the names that the standard settings give', async () => {
  const { url, stop } = await startParts(
    {
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_SERVICE_NAME: 'events',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    },
    ['beta'],
  )
  const id = await post(url, { targets: ['beta'] })
  await settled(url, id)
  await stop()
  const [request, ...rest] = await spansOf(id, 3)
  expect(request).toMatchObject({ kind: 'SERVER', parentSpanId: '' })
  for (const span of rest) expect(span.traceId).toBe(request?.traceId)
  for (const { resource } of [request, ...rest].flatMap((span) => span ?? []))
    expect(resource).toMatchObject({ 'service.name': 'events', 'deployment.environment.name': 'test' })
})

test('a collector that is away costs a warning, and neither an answer, nor a delivery, nor the end', async () => {
  const { url, output, stop } = await startParts(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '50',
      OTEL_BSP_SCHEDULE_DELAY: '1',
    },
    ['beta'],
  )
  await settled(url, await post(url, { targets: ['beta'] }))
  await stop()
  expect(output()).toContain('the collector of traces takes nothing')
})

test('turned off, nothing of OpenTelemetry is loaded, and the log still names the trace', async () => {
  const { url, output, stop } = await startParts(
    {
      OTEL_SDK_DISABLED: 'true',
      NODE_OPTIONS: `--import ${fileURLToPath(new URL('../support/loaded-modules.ts', import.meta.url))}`,
    },
    ['beta'],
  )
  const { traceId, headers } = callerTrace('01')
  const id = await post(url, { targets: ['beta'] }, headers)
  await settled(url, id)
  await stop()
  // The list is there, and it is one of modules.
  expect(output()).toContain('/packages/tracing/src/index.ts')
  // prom-client brings the empty API by itself; without an SDK it does nothing.
  const loaded = output()
    .split('\n')
    .filter((line) => line.includes('@opentelemetry'))
  expect(loaded.filter((line) => !line.includes('/@opentelemetry/api/'))).toEqual([])
  expect(collector.spans().filter((span) => span.traceId === traceId)).toEqual([])
  expect(traceparents(id)).toMatchObject([{ traceId, flags: '01' }])
  const lines = linesAbout(id, output())
  expect(lines.length).toBeGreaterThanOrEqual(2)
  for (const line of lines) expect(line).toContain(traceId)
})
