import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  DEAD_REASONS,
  deliveryId,
  DELIVERY_STATUSES,
  isTerminal,
  readDeliveryId,
  TARGET_NAME_PATTERN,
} from './delivery.ts'
import { EVENT_ID_PATTERN } from './event.ts'

const anyEventId = fc.stringMatching(EVENT_ID_PATTERN)
const anyTarget = fc.stringMatching(TARGET_NAME_PATTERN)

test('a delivery id is the event id and the target name with a hyphen between', () => {
  expect(deliveryId('evt_1', 'crm')).toBe('evt_1-crm')
})

test('the readings of a delivery id hold the event and target it was made of', () => {
  fc.assert(
    fc.property(anyEventId, anyTarget, (eventId, target) => {
      expect(readDeliveryId(deliveryId(eventId, target))).toContainEqual({ eventId, target })
    }),
  )
})

test('every reading makes the same delivery id again, with a well-formed target name', () => {
  const anyText = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9-]{0,60}$/))
  fc.assert(
    fc.property(anyText, (id) => {
      for (const { eventId, target } of readDeliveryId(id)) {
        expect(eventId).not.toBe('')
        expect(target).toMatch(TARGET_NAME_PATTERN)
        expect(deliveryId(eventId, target)).toBe(id)
      }
    }),
  )
})

test('an event id without hyphens is read first', () => {
  const withoutHyphens = anyEventId.map((id) => id.replaceAll('-', '.'))
  fc.assert(
    fc.property(withoutHyphens, anyTarget, (eventId, target) => {
      expect(readDeliveryId(deliveryId(eventId, target))[0]).toEqual({ eventId, target })
    }),
  )
})

test('an ambiguous id has every reading, the shortest event id first', () => {
  expect(readDeliveryId('order-17-eu-crm')).toEqual([
    { eventId: 'order-17', target: 'eu-crm' },
    { eventId: 'order-17-eu', target: 'crm' },
  ])
})

test.each(['a', 'a-', 'a1-b-', 'a'.repeat(49)])('a target may be named %s', (target) => {
  expect(readDeliveryId(`evt_1-${target}`)[0]).toEqual({ eventId: 'evt_1', target })
})

test.each([
  '',
  'evt_1',
  '-crm',
  'evt_1-',
  'evt_1-CRM',
  'evt_1-1crm',
  'evt_1-crm\n',
  `evt_1-${'a'.repeat(50)}`,
])('%j cannot be read as a delivery id', (id) => {
  expect(readDeliveryId(id)).toEqual([])
})

test('the words for a delivery that callers see do not change', () => {
  expect(DELIVERY_STATUSES).toEqual([
    'pending',
    'retrying',
    'deferred',
    'delivered',
    'dead',
    'discarded',
    'cancelled',
  ])
  expect(DEAD_REASONS).toEqual([
    'exhausted',
    'rejected',
    'gone',
    'expired',
    'invalid',
    'blocked',
    'unknown-target',
  ])
})

test('delivered, dead, discarded and cancelled are the ends of a delivery, and no other status is', () => {
  expect(DELIVERY_STATUSES.filter(isTerminal)).toEqual(['delivered', 'dead', 'discarded', 'cancelled'])
})
