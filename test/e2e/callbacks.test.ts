/** Callbacks: a caller is told when its event is settled, with everything a delivery has. */
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { everyTarget, resolveConfig, secret, type ConfigDefinition } from '@manifold/config'
import { readHoldMs, reconcile } from '@manifold/queue'
import { createLogger } from '@manifold/runtime'
import { cancelEvent, outboxSize, type Aggregate } from '@manifold/store'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorker } from '../../apps/worker/src/worker.ts'
import type { EventAnswer, ProblemAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startScriptedApi, type Received, type ScriptedApi } from '../support/scripted-api.ts'
import { attemptAndSettle, refOf } from '../support/store.ts'
import { startSystem, type System } from '../support/system.ts'

const SECRET = `whsec_${Buffer.from('a secret that signs callbacks'.padEnd(32, '.')).toString('base64')}`
const OLD_SECRET = `whsec_${Buffer.from('the one that was before it'.padEnd(32, '.')).toString('base64')}`
process.env['CALLBACKS_TEST_SECRET'] = SECRET
process.env['CALLBACKS_TEST_SECRET_OLD'] = OLD_SECRET

const OPEN_MS = 400
const CONCURRENCY = 4

const callbacks = {
  signingSecret: [secret('CALLBACKS_TEST_SECRET'), secret('CALLBACKS_TEST_SECRET_OLD')],
  allowHttp: true,
  allowPrivateNetwork: ['127.0.0.0/8'],
  timeoutMs: 5_000,
  retry: { maxAttempts: 3, baseDelayMs: 5, maxDelayMs: 10 },
  breaker: { minimumAttempts: 3, openMs: OPEN_MS },
  concurrency: CONCURRENCY,
} satisfies ConfigDefinition['callbacks']

/** What a callback says, as far as these tests look. */
type Settled = { type: string; timestamp: string; data: Aggregate }

let caller: ScriptedApi
let otherCaller: ScriptedApi
let target: ScriptedApi
let system: System

beforeAll(async () => {
  caller = await startScriptedApi()
  otherCaller = await startScriptedApi()
  target = await startScriptedApi()
  system = await startSystem({
    config: () => ({
      targets: [
        { name: 'crm', subscribe: ['order.*'], url: `${target.url}/crm`, captureResponse: true },
        { name: 'audit', subscribe: ['**'], url: `${target.url}/audit`, required: false },
        // Has no worker.
        { name: 'idle', url: `${target.url}/idle` },
      ],
      callbacks,
    }),
    withWorker: false,
  })
  await system.work('crm', 'audit', 'callbacks')
})

afterAll(async () => {
  await system.close()
  await Promise.all([caller, otherCaller, target].map((api) => api.close()))
})

/** Posts an event whose end is told to a path of the caller. @returns its id */
async function post(path: string, event: object = {}, at = caller): Promise<string> {
  const answer = await system.api.post({
    type: 'order.placed',
    data: {},
    targets: ['crm'],
    callbackUrl: at.url + path,
    ...event,
  })
  expect(answer.status).toBe(202)
  return answer.body.id
}

/** The requests to a path of a caller, once there are so many. */
function calls(path: string, count = 1, at = caller): Promise<readonly Received[]> {
  return eventually(`${String(count)} requests to ${path}`, () => {
    const received = at.received(path)
    return received.length >= count ? received : undefined
  })
}

function bodyOf(request: Received | undefined): Settled {
  return JSON.parse(request?.body.toString() ?? 'null') as Settled
}

/** The id of the delivery that a request made, and of its event. */
const deliveryIdOf = (request: Received | undefined) => String(request?.headers['webhook-id'])
const eventIdOf = (request: Received | undefined) => deliveryIdOf(request).replace(/-callbacks$/, '')

/** The callback's own event, once it has this status. */
function callbackIs(status: string, request: Received | undefined): Promise<EventAnswer> {
  return eventually(`the callback to be ${status}`, async () => {
    const event = await system.api.event(eventIdOf(request))
    return event.status === status ? event : undefined
  })
}

async function callbacksTarget() {
  const path = '/v1/admin/targets/callbacks'
  return (await system.api.call<Record<string, unknown>>('GET', path)).body
}

describe('a settled event', () => {
  test('is told once, signed as Standard Webhooks say, with both secrets of a rotation', async () => {
    target.on('/crm', {
      status: 201,
      headers: { 'content-type': 'application/json' },
      body: '{"number":7}',
    })
    const id = await post('/signed?order=1')
    const [request] = await calls('/signed')
    const headers = request?.headers as Record<string, string>
    for (const known of [SECRET, OLD_SECRET])
      expect(new Webhook(known).verify(request?.body ?? '', headers)).toMatchObject({ type: 'event.settled' })
    expect(() => new Webhook(SECRET).verify('{}', headers)).toThrow()
    expect(request).toMatchObject({ method: 'POST', path: '/signed?order=1' })
    expect(headers['content-type']).toBe('application/json')
    expect(eventIdOf(request).startsWith(`${id}.settled.`)).toBe(true)
    expect(headers['idempotency-key']).toBe(headers['webhook-id'])
    await callbackIs('delivered', request)
    expect(caller.received('/signed')).toHaveLength(1)
  })

  test('is told as its record has it', async () => {
    target.on('/crm', { status: 201, headers: { 'content-type': 'application/json' }, body: '{"number":7}' })
    const id = await post('/aggregate', { targets: ['crm', 'audit'] })
    const { type, timestamp, data } = bodyOf((await calls('/aggregate'))[0])
    const event = await system.api.event(id)
    expect({ type, timestamp }).toEqual({ type: 'event.settled', timestamp: event.settledAt })
    expect(data).toMatchObject({
      id,
      type: 'order.placed',
      status: 'delivered',
      acceptedAt: event.acceptedAt,
      settledAt: event.settledAt,
    })
    expect(data.deliveries).toEqual(
      event.deliveries.map((delivery) => ({
        id: delivery.id,
        target: delivery.target,
        required: delivery.target === 'crm',
        status: delivery.status,
        httpStatus: delivery.lastAttempt?.httpStatus,
        reason: delivery.lastAttempt?.reason,
        attempts: delivery.attempts,
        response:
          delivery.target === 'crm'
            ? { contentType: 'application/json', body: { number: 7 }, truncated: false }
            : null,
      })),
    )
  })

  test('is told as docs/callbacks.md shows it', async () => {
    await post('/documented')
    const told = bodyOf((await calls('/documented'))[0])
    const page = readFileSync(new URL('../../docs/callbacks.md', import.meta.url), 'utf8')
    const shown = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '') as Settled
    const shape = ({ data, ...rest }: Settled) => [rest, data, data.deliveries[0] ?? {}].map(Object.keys)
    expect(shape(told)).toEqual(shape(shown))
  })

  test('is told again when a replay has settled it again', async () => {
    target.on('/crm', { status: 422 })
    const id = await post('/again')
    const [first] = await calls('/again')
    expect(bodyOf(first).data).toMatchObject({ id, status: 'failed' })

    target.on('/crm', { status: 200 })
    expect((await system.api.call('POST', `/v1/admin/dead-letters/${id}-crm/replay`)).status).toBe(202)
    const [, second] = await calls('/again', 2)
    expect(bodyOf(second).data).toMatchObject({ id, status: 'delivered' })
    expect(deliveryIdOf(second)).not.toBe(deliveryIdOf(first))
    await callbackIs('delivered', second)
    expect(caller.received('/again')).toHaveLength(2)
  })

  test('that was cancelled is told', async () => {
    const id = await post('/cancelled', { delayMs: 60_000 })
    const result = await cancelEvent(system.store, id)
    if (result.kind !== 'cancelled' || result.callbackAtMs === undefined)
      throw new Error('it was to be cancelled')
    await reconcile(system.store, system.queues, [
      ...result.refs.map((ref) => ({ kind: 'delivery' as const, ref })),
      { kind: 'callback', eventId: id, settledAtMs: result.callbackAtMs },
    ])
    const [request] = await calls('/cancelled')
    expect(bodyOf(request).data).toMatchObject({ id, status: 'cancelled' })
    expect(bodyOf(request).data.deliveries).toMatchObject([
      { target: 'crm', status: 'cancelled', attempts: 0 },
    ])
  })

  test('whose worker died behind the settlement is told by the relay', async () => {
    const id = await post('/crashed', { targets: ['idle'] })
    await attemptAndSettle(system.store, refOf(id, 'idle'), { kind: 'delivered' })
    const [request] = await calls('/crashed')
    expect(bodyOf(request).data).toMatchObject({ id, status: 'delivered' })
    await callbackIs('delivered', request)
    await eventually('an empty outbox', async () => (await outboxSize(system.store)) === 0)
    expect(caller.received('/crashed')).toHaveLength(1)
  })
})

describe('a callback', () => {
  test('is retried, signed anew under the same id', async () => {
    caller.on('/retried', { status: 503 }, { status: 200 })
    await post('/retried')
    const [first, second] = await calls('/retried', 2)
    expect(deliveryIdOf(second)).toBe(deliveryIdOf(first))
    new Webhook(SECRET).verify(second?.body ?? '', second?.headers as Record<string, string>)
    const event = await callbackIs('delivered', second)
    expect(event.deliveries).toMatchObject([{ target: 'callbacks', attempts: 2 }])
  })

  test('that is refused is a dead letter, and can be replayed', async () => {
    caller.on('/refused', { status: 422 })
    const id = await post('/refused')
    const [first] = await calls('/refused')
    await callbackIs('failed', first)
    const letters = await system.api.deadLetters('?target=callbacks')
    expect(letters.find((one) => one.id === deliveryIdOf(first))).toMatchObject({
      target: 'callbacks',
      type: 'event.settled',
      reason: 'rejected',
    })
    // Whether the caller was reached is no matter of the event's.
    expect((await system.api.event(id)).status).toBe('delivered')

    caller.on('/refused', { status: 204 })
    const path = `/v1/admin/dead-letters/${encodeURIComponent(deliveryIdOf(first))}`
    expect((await system.api.call('GET', path)).body).toMatchObject({
      data: { url: `${caller.url}/refused`, event: { id } },
    })
    expect((await system.api.call('POST', `${path}/replay`)).status).toBe(202)
    const [, second] = await calls('/refused', 2)
    expect(deliveryIdOf(second)).toBe(deliveryIdOf(first))
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
    await callbackIs('delivered', second)
  })

  test('is no event of the caller: it is not listed, and no target gets it', async () => {
    const id = await post('/unlisted')
    const [request] = await calls('/unlisted')
    await callbackIs('delivered', request)
    const { body } = await system.api.call<{ items: EventAnswer[] }>('GET', '/v1/events?limit=100')
    expect(body.items.map((event) => event.id)).toContain(id)
    expect(body.items.filter((event) => event.type === 'event.settled')).toEqual([])
    expect(target.received('/audit').some((one) => one.body.includes('event.settled'))).toBe(false)
  })

  test('that is answered 410 is dead, and the others go on', async () => {
    caller.on('/gone', { status: 410 })
    await post('/gone')
    const [request] = await calls('/gone')
    expect((await callbackIs('failed', request)).deliveries).toMatchObject([{ reason: 'gone' }])
    await post('/not-gone')
    await callbackIs('delivered', (await calls('/not-gone'))[0])
    expect(await callbacksTarget()).toMatchObject({ paused: false, gone: false })
  })

  test('that is asked to wait waits alone', async () => {
    caller.on('/throttled', { status: 429, headers: { 'retry-after': '3600' } })
    await post('/throttled')
    const [request] = await calls('/throttled')
    await eventually('it to be deferred', async () => {
      const [delivery] = (await system.api.event(eventIdOf(request))).deliveries
      return delivery?.status === 'deferred'
    })
    expect(await readHoldMs(system.queues, 'callbacks')).toBe(0)
    await post('/not-throttled')
    await callbackIs('delivered', (await calls('/not-throttled'))[0])
  })

  test('waits for the breaker of its own host, and for no other', async () => {
    const failing = ['/f1', '/f2', '/f3', '/f4']
    for (const path of failing) otherCaller.on(path, { status: 500 })
    for (const path of failing) await post(path, {}, otherCaller)
    const opened = await eventually('the breaker to open', () =>
      system.logs().find((line) => String(line['msg']).startsWith('breaker opened')),
    )
    expect(opened).toMatchObject({
      target: 'callbacks',
      breaker: `callbacks/127.0.0.1~${String(otherCaller.port)}`,
    })

    expect((await callbacksTarget())['hosts']).toMatchObject([
      {
        host: `127.0.0.1:${String(otherCaller.port)}`,
        breaker: { nextProbeAt: expect.any(String) as string },
      },
    ])

    await post('/beside')
    await callbackIs('delivered', (await calls('/beside'))[0])
    expect(await readHoldMs(system.queues, 'callbacks')).toBe(0)
    // Held ones come back by themselves.
    for (const path of failing) otherCaller.on(path, { status: 200 })
    for (const path of failing) await callbackIs('delivered', (await calls(path, 1, otherCaller))[0])
    expect((await callbacksTarget())['hosts']).toEqual([])
  })
})

test('a host that is slow leaves half of the slots to the others', async () => {
  const held: ServerResponse[] = []
  otherCaller.on('/slow', () => (response) => {
    held.push(response)
  })
  for (let index = 0; index < CONCURRENCY + 2; index++) await post('/slow', {}, otherCaller)
  await calls('/slow', CONCURRENCY / 2, otherCaller)
  await post('/beside-slow')
  await callbackIs('delivered', (await calls('/beside-slow'))[0])
  expect(held).toHaveLength(CONCURRENCY / 2)

  otherCaller.on('/slow', { status: 200 })
  for (const response of held) response.writeHead(200).end()
  for (const request of await calls('/slow', CONCURRENCY + 2, otherCaller))
    await callbackIs('delivered', request)
})

describe('at the door', () => {
  const refusal = async (event: object, at = system) => {
    const { status, body } = await at.api.post<ProblemAnswer>({ type: 'order.placed', data: {}, ...event })
    return { status, code: body.code, errors: body.errors }
  }

  test.each([
    ['https://10.1.2.3/done', 'not a public address'],
    ['https://0xa9fea9fe/latest/meta-data', 'not a public address'],
    ['http://[::ffff:10.0.0.1]/', 'not a public address'],
    ['hooks.example.com', 'absolute URL'],
    ['ftp://hooks.example.com/', 'must be https'],
    ['https://user:pass@hooks.example.com/', 'no credentials'],
  ])('%s is refused, and nothing is stored', async (callbackUrl, why) => {
    expect(await refusal({ id: 'refused-at-the-door', callbackUrl })).toEqual({
      status: 422,
      code: 'invalid-event',
      errors: [{ path: 'callbackUrl', message: expect.stringContaining(why) as string }],
    })
    expect((await system.api.call('GET', '/v1/events/refused-at-the-door')).status).toBe(404)
  })

  test('the target that calls back is nobody else’s to name', async () => {
    expect(await refusal({ targets: ['callbacks'] })).toMatchObject({
      status: 422,
      code: 'unknown-target',
      errors: [{ path: 'targets[0]' }],
    })
  })
})

test('the target that calls back is shown to operators, without its secrets', async () => {
  const view = await callbacksTarget()
  expect(view).toMatchObject({
    name: 'callbacks',
    settings: { kind: 'http', url: 'function', auth: 'standard-webhooks' },
  })
  expect(JSON.stringify(view)).not.toContain('whsec_')
  const metrics = await (await fetch(`${system.url}/metrics`)).text()
  expect(metrics).toContain('manifold_queue_depth{target="callbacks",state="waiting"')
})

describe('with other settings', () => {
  test('without callbacks an address is refused with what is to be set; events without one are taken', async () => {
    const without = await startSystem({
      config: () => ({ targets: [] }),
      withWorker: false,
    })
    const { status, body } = await without.api.post<ProblemAnswer>({
      type: 'order.placed',
      data: {},
      callbackUrl: 'https://hooks.example.com',
    })
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid-event' })
    expect(body.errors?.[0]).toMatchObject({ path: 'callbackUrl' })
    expect(body.errors?.[0]?.message).toContain('callbacks are not configured: set `callbacks:')
    expect((await without.api.post({ type: 'order.placed', data: {} })).status).toBe(202)
    await without.close()
  })

  test('an event that nobody wants is told; a name that turns out to be private is dead as blocked', async () => {
    const open = await startSystem({ config: () => ({ targets: [], callbacks }), withWorker: false })
    const unrouted = await open.api.post({
      type: 'order.placed',
      data: {},
      callbackUrl: `http://localhost:${String(caller.port)}/unrouted`,
    })
    expect(unrouted.body.status).toBe('unrouted')
    const [event] = await eventually('the callback to be on its queue', async () => {
      const jobs = await open.queues.of('callbacks').getJobs('wait')
      return jobs.length > 0 ? jobs.map((job) => job.data as { eventId: string }) : undefined
    })

    const strict = resolveConfig('test', {
      targets: [],
      callbacks: { ...callbacks, allowPrivateNetwork: [] },
    })
    const logger = createLogger('test', 'silent')
    const worker = await startWorker({ settings: open.settings, targets: everyTarget(strict), logger })
    const letter = await eventually('a dead letter', async () => (await open.api.deadLetters())[0])
    expect(letter).toMatchObject({ target: 'callbacks', reason: 'blocked', eventId: event?.eventId })
    expect(caller.received('/unrouted')).toHaveLength(0)
    await worker.close()

    await open.work('callbacks')
    await open.api.call('POST', `/v1/admin/dead-letters/${encodeURIComponent(letter.id)}/replay`)
    const [request] = await calls('/unrouted')
    expect(bodyOf(request).data).toMatchObject({ id: unrouted.body.id, status: 'unrouted', deliveries: [] })
    await open.close()
  })
})
