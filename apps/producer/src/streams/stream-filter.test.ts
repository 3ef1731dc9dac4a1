import { expect, test } from 'vitest'
import { callbackEventId, operationalEventId } from '@manifold/domain'
import type { Change } from '@manifold/store'
import { messagesOf } from './messages.ts'
import { compileFilter, type StreamFilter } from './stream-filter.ts'

const EVENT_ID = 'evt_1'

function passes(filter: StreamFilter, change: Partial<Change> & { eventId?: string }): boolean {
  const whole = { id: '1-0.0', eventId: EVENT_ID, atMs: 1, ...change } as Change
  const [message] = messagesOf([whole], () => 'order.placed')
  return message !== undefined && compileFilter(filter)(message)
}

const delivery = {
  kind: 'delivery',
  target: 'crm',
  status: 'delivered',
  nextAttemptAtMs: undefined,
  generation: undefined,
} as const

test.each([
  [{}, true],
  [{ type: 'order.*' }, true],
  [{ type: 'customer.**' }, false],
  [{ target: 'crm' }, true],
  [{ target: 'email' }, false],
  [{ status: 'delivered' }, true],
  [{ status: 'dead' }, false],
  [{ type: 'order.placed', target: 'crm', status: 'delivered' }, true],
  [{ type: 'order.placed', target: 'email', status: 'delivered' }, false],
])('a message passes %j: %s', (filter, expected) => {
  expect(passes(filter, delivery)).toBe(expected)
})

test('a message that says nothing of what is asked for does not pass', () => {
  expect(passes({ target: 'crm' }, { kind: 'settled', status: 'delivered' })).toBe(false)
  expect(passes({ status: 'dead' }, { kind: 'accepted', type: 'order.placed' })).toBe(false)
})

test('callbacks are told of only when their target is asked for', () => {
  const eventId = callbackEventId(EVENT_ID, 1, 'https://hooks.example.com/')
  const callback = { ...delivery, eventId, target: 'callbacks' }
  expect(passes({}, callback)).toBe(false)
  expect(passes({ target: 'callbacks' }, callback)).toBe(true)
})

test('who may see some types only is told of no callback and no operational event, whatever its patterns take', () => {
  const callback = { ...delivery, eventId: callbackEventId(EVENT_ID, 1, 'https://hooks.example.com/') }
  const operational = { ...delivery, eventId: operationalEventId('dead', EVENT_ID, 'crm', 1) }
  const mayUse = () => true
  expect(passes({ mayUse }, delivery)).toBe(true)
  expect(passes({ mayUse, target: 'callbacks' }, { ...callback, target: 'callbacks' })).toBe(false)
  expect(passes({ mayUse }, operational)).toBe(false)
  expect(passes({}, operational)).toBe(true)
})
