/** Targets that are functions: the same queue, retries, deadlines and dead letters as those that are APIs. */
import { permanent, retryable, throttled, type FunctionTargetDefinition } from '@manifold/config'
import { readTraceparent } from '@manifold/domain'
import { readEvent } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliver, eventIdOf, QUICK, setStage, type Stage } from '../support/conformance.ts'

let stage: Stage
const calls: { target: string; attempt: number; deliveryId: string; data: unknown }[] = []
const aborted: unknown[] = []

beforeAll(async () => {
  stage = await setStage((server) => {
    const calling = (name: string, handle: FunctionTargetDefinition['handle']): FunctionTargetDefinition => ({
      ...QUICK,
      name,
      handle: (event, context) => {
        const { attempt, deliveryId } = context
        calls.push({ target: name, attempt, deliveryId, data: event.data as unknown })
        return handle(event, context)
      },
    })
    return [
      calling('quiet', () => undefined),
      calling('asynchronous', () => Promise.resolve(undefined)),
      calling('refusing', () => permanent('no such customer')),
      calling('busy', (_event, { attempt }) => (attempt < 4 ? throttled(20) : undefined)),
      calling('later', (_event, { attempt }) => (attempt < 2 ? retryable('not-yet') : undefined)),
      calling('throwing', () => {
        throw new Error('the SDK gave up')
      }),
      calling('rejecting', () => Promise.reject(new Error('the SDK gave up'))),
      {
        ...calling('obedient', (_event, { signal }) => {
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted.push(signal.reason)
              reject(new Error('I stopped'))
            })
          })
        }),
        timeoutMs: 150,
      },
      { ...calling('stubborn', () => new Promise<undefined>(() => undefined)), timeoutMs: 150 },
      calling('fetching', async (event, { fetch, deliveryId, logger, traceparent }) => {
        const response = await fetch(`${server.url}/sdk`, {
          method: 'PUT',
          headers: { 'idempotency-key': deliveryId, traceparent },
          body: JSON.stringify(event.data),
        })
        logger.info({ status: response.status }, 'the SDK has spoken')
        return response.ok ? undefined : permanent(`sdk-${String(response.status)}`)
      }),
    ]
  })
})

afterAll(() => stage.close())

const callsOf = (target: string) => calls.filter((call) => call.target === target)

test.each(['quiet', 'asynchronous'])('a handler that gives nothing has delivered: %s', async (name) => {
  const delivery = await deliver(stage.system.api, name, { orderId: 'A1' })
  expect(delivery).toMatchObject({
    status: 'delivered',
    attempts: 1,
    lastAttempt: { httpStatus: null, outcome: 'delivered', reason: 'handled' },
  })
  expect(callsOf(name)).toEqual([
    { target: name, attempt: 1, deliveryId: delivery.id, data: { orderId: 'A1' } },
  ])
})

test('a handler that says permanent is not called again', async () => {
  expect(await deliver(stage.system.api, 'refusing')).toMatchObject({
    status: 'dead',
    reason: 'rejected',
    attempts: 1,
    lastAttempt: { reason: 'no such customer' },
  })
})

test('a handler that says retryable is called again, under the same delivery id', async () => {
  const { id, ...delivery } = await deliver(stage.system.api, 'later')
  expect(delivery).toMatchObject({ status: 'delivered', attempts: 2 })
  expect(callsOf('later')).toMatchObject([
    { attempt: 1, deliveryId: id },
    { attempt: 2, deliveryId: id },
  ])
})

test('a handler that asks for a slower pace pays nothing for it', async () => {
  expect(await deliver(stage.system.api, 'busy')).toMatchObject({ status: 'delivered', attempts: 4 })
})

test.each(['throwing', 'rejecting'])(
  'a handler that fails is retried, with what it said: %s',
  async (name) => {
    expect(await deliver(stage.system.api, name)).toMatchObject({
      status: 'dead',
      reason: 'exhausted',
      attempts: 2,
      lastAttempt: { outcome: 'retryable', reason: 'handler-failed', error: 'the SDK gave up' },
    })
  },
)

test.each(['obedient', 'stubborn'])('at the deadline it is over, and retried: %s', async (name) => {
  const delivery = await deliver(stage.system.api, name)
  expect(delivery).toMatchObject({
    status: 'dead',
    reason: 'exhausted',
    attempts: 2,
    lastAttempt: { outcome: 'retryable', reason: 'timeout' },
  })
  for (const { durationMs } of await stage.system.api.attempts(eventIdOf(delivery))) {
    expect(durationMs).toBeGreaterThanOrEqual(149)
    expect(durationMs).toBeLessThan(600)
  }
  if (name === 'obedient') expect(aborted).toMatchObject([{ message: 'not done within 150 ms' }, {}])
})

test('a handler has a fetch, and a logger that says whose words these are', async () => {
  const delivery = await deliver(stage.system.api, 'fetching', { orderId: 'A2' })
  const { id } = delivery
  const [request] = stage.server.received('/sdk')
  expect(request).toMatchObject({ method: 'PUT', headers: { 'idempotency-key': id } })
  const { trace } = (await readEvent(stage.system.store, eventIdOf(delivery))) ?? {}
  expect(readTraceparent(String(request?.headers['traceparent']))).toMatchObject({
    traceId: trace?.traceId,
    flags: trace?.flags,
  })
  expect(request?.body.toString()).toBe('{"orderId":"A2"}')
  expect(stage.system.logs().find((line) => line['msg'] === 'the SDK has spoken')).toMatchObject({
    target: 'fetching',
    from: 'handler',
    status: 200,
  })
})

test('a dead letter of a function can be replayed', async () => {
  const { id } = await deliver(stage.system.api, 'refusing')
  const replayed = await stage.system.api.call('POST', `/v1/admin/dead-letters/${id}/replay`)
  expect(replayed.status).toBeLessThan(300)
  expect(callsOf('refusing').at(-1)?.deliveryId).toBe(id)
})
