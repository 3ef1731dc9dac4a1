/** What spans say, and what they never say. */
import type { TracingSettings } from '@manifold/config'
import { formatTraceparent } from '@manifold/domain'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { startAttempt } from './attempt-span.ts'
import { createIds } from './ids.ts'
import { startPublish } from './publish-span.ts'
import { startRequest } from './request-span.ts'
import { createSampler } from './sampling.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN_ID = '00f067aa0ba902b7'
const OTHER_ID = 'b7ad6b7169203331'

function recorder(kind: TracingSettings['sampler']['kind'] = 'parentbased_always_on', ratio = 1) {
  const ids = createIds()
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    sampler: createSampler({ kind, ratio }),
    idGenerator: ids.generator,
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  return { tracer: provider.getTracer('test'), ids, spans: () => exporter.getFinishedSpans() }
}

const ref = { eventId: 'evt_1', target: 'crm', generation: 1 }
const claimOf = (flags: string, spanId?: string) => ({
  event: { type: 'order.placed' },
  trace: { traceId: TRACE_ID, flags, spanId },
  attempts: 0,
  ageMs: 5,
})
const secretive = {
  method: 'POST',
  url: 'https://hooks.example/services/T0K3N?key=T0K3N',
  headers: { authorization: 'Bearer T0K3N', traceparent: formatTraceparent(TRACE_ID, OTHER_ID, '01') },
}
const publishing = { eventType: 'a.b', targetCount: 1, askedBy: undefined }

test('a call says where it went, and neither path nor query nor header: of many APIs they are the secret', () => {
  const { spans, ...deps } = recorder()
  const attempt = startAttempt(deps, ref, claimOf('01'))
  attempt.startCall(secretive).end({ kind: 'answered', response: { status: 201 } })
  const [call] = spans()
  expect(call?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.response.status_code': 201,
    'url.scheme': 'https',
    'server.address': 'hooks.example',
    'server.port': 443,
  })
  expect(call?.spanContext().spanId).toBe(OTHER_ID)
})

test.each([
  [{ kind: 'failed', reason: 'timeout' } as const, 'timeout'],
  [{ kind: 'blocked' } as const, 'blocked'],
  [{ kind: 'answered', response: { status: 404 } } as const, '404'],
])('a call that comes to %o is an error of that type', (result, type) => {
  const { spans, ...deps } = recorder()
  startAttempt(deps, ref, claimOf('01')).startCall(secretive).end(result)
  expect(spans()).toMatchObject([{ status: { code: 2 }, attributes: { 'error.type': type } }])
})

test('ids that are given are those of one span', () => {
  const { spans, ...deps } = recorder()
  for (const flags of ['01', '01'])
    startAttempt(deps, ref, claimOf(flags)).startCall(secretive).end({ kind: 'blocked' })
  deps.tracer.startSpan('another').end()
  const [, , another] = spans()
  expect(another?.spanContext().traceId).not.toBe(TRACE_ID)
  expect(another?.spanContext().spanId).not.toBe(OTHER_ID)
})

test('an event from before tracing was on has an attempt without a link', () => {
  const { spans, ...deps } = recorder()
  startAttempt(deps, ref, claimOf('01')).end()
  expect(spans()).toMatchObject([{ links: [], attributes: { 'manifold.outcome': 'interrupted' } }])
})

test.each([
  ['parentbased_always_on', '01', 1],
  ['parentbased_always_on', '00', 0],
  ['parentbased_always_on', '03', 1],
  ['parentbased_always_on', '02', 0],
  ['parentbased_always_off', '01', 1],
  ['parentbased_traceidratio', '01', 1],
  ['always_on', '00', 1],
  ['always_off', '01', 0],
] as const)('under %s an event with flags %s has %i attempt spans', (kind, flags, count) => {
  const { spans, ...deps } = recorder(kind, 0)
  const attempt = startAttempt(deps, ref, claimOf(flags, SPAN_ID))
  attempt.end()
  expect(spans()).toHaveLength(count)
  expect(attempt.spanId === undefined).toBe(count === 0)
})

test('an event carries the decision of the sampler, and the span only where there is one to link to', () => {
  const traceparent = formatTraceparent(TRACE_ID, SPAN_ID, '01')
  expect(startPublish(recorder('always_off').tracer, { ...publishing, traceparent }).trace).toEqual({
    traceId: TRACE_ID,
    flags: '00',
  })
  const { trace } = startPublish(recorder().tracer, { ...publishing, traceparent })
  expect(trace).toMatchObject({ traceId: TRACE_ID, flags: '01' })
  expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/)
})

test('flags that say something else than sampled are passed on', () => {
  const { context } = startRequest(recorder().tracer, {
    method: 'POST',
    path: '/v1/events',
    scheme: 'http',
    traceparent: formatTraceparent(TRACE_ID, SPAN_ID, '03'),
  })
  expect(context).toMatchObject({ traceId: TRACE_ID, flags: '03' })
})

test('an event that was there before is told by its own id', () => {
  const { tracer, spans } = recorder()
  const span = startPublish(tracer, { ...publishing, traceparent: undefined })
  span.end({ kind: 'duplicate', eventId: 'evt_0' })
  expect(spans()).toMatchObject([
    { attributes: { 'manifold.event_id': 'evt_0', 'messaging.message.id': 'evt_0' } },
  ])
})

test('recording that fails is an error by its class alone', () => {
  const { tracer, spans } = recorder()
  const span = startPublish(tracer, { ...publishing, traceparent: undefined })
  span.end({ kind: 'failed', error: new TypeError('T0K3N') })
  expect(spans()).toMatchObject([
    { status: { code: 2 }, attributes: { 'error.type': 'TypeError', 'manifold.accept': 'failed' } },
  ])
  expect(spans()[0]?.status.message).toBeUndefined()
})

test.each([
  ['BREW', 400, false, 'HTTP', undefined],
  ['GET', 500, false, 'GET', '500'],
  ['GET', 200, true, 'GET', 'aborted'],
])(
  '%s with %i (caller gone: %s) is a request span %s of error %s',
  (method, status, isAborted, name, error) => {
    const { tracer, spans } = recorder()
    startRequest(tracer, { method, path: '/x', scheme: 'https', traceparent: undefined }).end({
      route: undefined,
      status,
      isAborted,
      eventId: undefined,
      caller: undefined,
      requestId: undefined,
      problem: undefined,
    })
    expect(spans()).toMatchObject([{ name, status: { code: error === undefined ? 0 : 2 } }])
    expect(spans()[0]?.attributes).toMatchObject({ 'url.scheme': 'https', 'url.path': '/x' })
    expect(spans()[0]?.attributes['error.type']).toBe(error)
  },
)
