import { delivered, permanent, retryable, throttled } from '@manifold/domain'
import type { FunctionTarget, HandlerContext, ManifoldEvent } from '@manifold/domain'
import { expect, test, vi } from 'vitest'
import { deadlineOf, SHORT_MS } from '../../../test/support/scripted-server.ts'
import { callHandler, type Handled } from './call-handler.ts'

const event: ManifoldEvent = {
  id: 'evt_1',
  type: 'order.placed',
  source: 'shop',
  subject: undefined,
  time: '2026-01-31T09:30:00Z',
  data: { orderId: '17' },
}

const contextOf = (deadline = deadlineOf()): HandlerContext => ({
  attempt: 2,
  deliveryId: 'evt_1-crm',
  signal: deadline.signal(),
  fetch: () => Promise.reject(new Error('no network in this test')),
  traceparent: '',
  logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
})

const handledBy = (handle: FunctionTarget['handle'], deadline = deadlineOf()): Promise<Handled> =>
  callHandler({ handle }, event, contextOf(deadline), deadline)

test('a handler that returns has delivered', async () => {
  const outcome = { kind: 'delivered', reason: 'handled' }
  expect(await handledBy(() => undefined)).toEqual({ outcome })
  expect(await handledBy(() => Promise.resolve(undefined))).toEqual({ outcome })
})

test.each([
  delivered('already-there'),
  retryable('not-yet', 5_000),
  permanent('unknown-customer'),
  throttled(1_000),
])('a handler may say what it came to: %o', async (outcome) => {
  expect(await handledBy(() => outcome)).toEqual({ outcome })
  expect(await handledBy(() => Promise.resolve(outcome))).toEqual({ outcome })
})

test('a handler is given the event and the context of its attempt', async () => {
  const handle = vi.fn(() => undefined)
  const deadline = deadlineOf()
  const context = contextOf(deadline)
  await callHandler({ handle }, event, context, deadline)
  expect(handle).toHaveBeenCalledExactlyOnceWith(event, context)
})

test('a handler that throws is tried again, with what it said', async () => {
  const handled = { outcome: { kind: 'retryable', reason: 'handler-failed' }, error: 'no such customer' }
  expect(
    await handledBy(() => {
      throw new Error('no such customer')
    }),
  ).toEqual(handled)
  expect(await handledBy(() => Promise.reject(new Error('no such customer')))).toEqual(handled)
})

test('what a handler throws need not be an Error', async () => {
  const { outcome, error } = await handledBy(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw 'nothing to say'
  })
  expect({ outcome, error }).toEqual({
    outcome: { kind: 'retryable', reason: 'handler-failed' },
    error: 'nothing to say',
  })
})

test('the deadline holds although a handler does not look at its signal', async () => {
  const handled = await handledBy(() => new Promise(() => undefined), deadlineOf(SHORT_MS))
  expect(handled).toEqual({
    outcome: { kind: 'retryable', reason: 'timeout' },
    error: `not done within ${String(SHORT_MS)} ms`,
  })
})

test('a handler that ends itself at the deadline timed out, whatever it throws', async () => {
  const deadline = deadlineOf(SHORT_MS)
  const handled = await handledBy(
    (_event, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('cancelled by the SDK'))
        })
      }),
    deadline,
  )
  expect(handled.outcome).toEqual({ kind: 'retryable', reason: 'timeout' })
  expect(deadline.over()).toBe('deadline')
})

test('a worker that stops ends a handler, and the deadline says why', async () => {
  const stop = new AbortController()
  const deadline = deadlineOf(undefined, stop.signal)
  const handling = handledBy(() => new Promise(() => undefined), deadline)
  stop.abort()
  expect((await handling).error).toBe('the worker is stopping')
  expect(deadline.over()).toBe('stopping')
})

test('a handler that fails after its deadline is heard no more', async () => {
  const late = Promise.withResolvers<undefined>()
  expect((await handledBy(() => late.promise, deadlineOf(SHORT_MS))).outcome.reason).toBe('timeout')
  // Nobody waits any more: an unhandled rejection would fail this test file.
  late.reject(new Error('too late'))
  await expect(late.promise).rejects.toThrow('too late')
})
