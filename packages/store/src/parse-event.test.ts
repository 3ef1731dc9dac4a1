import { expect, test } from 'vitest'
import { parseEvent } from './parse-event.ts'
import { UnreadableRecordError } from './unreadable-record.ts'

const FIELDS = {
  acceptedAt: '1700000000000',
  type: 'order.placed',
  source: 'shop',
  status: 'pending',
  targets: 'crm,email',
  trace: '0af7651916cd43dd8448eb211c80319c 01',
  'crm/state': 'retrying 1 1 1 1 1 1700000009000 - - - - -',
  'crm/last': '1 1700000001000 12 503 retryable http-503',
  'email/state': 'pending 1 0 0 0 0 - - - - - -',
}

test('a record as it is written now is read', () => {
  expect(parseEvent('evt_1', FIELDS)).toMatchObject({
    time: '2023-11-14T22:13:20.000Z',
    deliveries: [
      { status: 'retrying', attempts: 1, lastAttempt: { number: 1, httpStatus: 503 } },
      { status: 'pending', lastAttempt: undefined },
    ],
  })
})

test('no record is none', () => {
  expect(parseEvent('evt_1', {})).toBeUndefined()
})

test.each([
  ['acceptedAt', 'yesterday', 'acceptedAt is no time'],
  ['acceptedAt', '', 'acceptedAt is empty'],
  ['acceptedAt', '9e15', 'acceptedAt is no time'],
  ['settledAt', 'x', 'settledAt is no time'],
  ['context', '{not json', 'context is no JSON'],
  ['crm/state', 'pending 1', 'state of crm'],
  ['crm/state', '', 'state of crm'],
  ['crm/state', 'pending one 0 0 0 0 - - - - - -', 'state of crm'],
  ['crm/state', 'pending 1 0 some 0 0 - - - - - -', 'state of crm'],
  ['crm/state', 'retrying 1 1 1 1 1 soon - - - - -', 'time of crm'],
  ['crm/last', '{"number":1,"at":"2026-01-01T00:00:00Z","outcome":"delivered"}', 'latest attempt at crm'],
  ['crm/last', '1 1700000001000 twelve 503 retryable http-503', 'latest attempt at crm'],
  ['crm/last', '1 1700000001000 12 503 retryable %E0%A4%A', 'latest attempt at crm'],
])(
  'a record with the %s "%s" cannot be read, and the error does not say what it holds',
  (field, text, why) => {
    const read = () => parseEvent('evt_1', { ...FIELDS, [field]: text })
    expect(read).toThrow(UnreadableRecordError)
    expect(read).toThrow(why)
    if (text.length > 3) expect(read).not.toThrow(text)
  },
)

test('a status that is not known is no reason: a newer version may have it', () => {
  const state = 'parked 1 0 0 0 0 - - - - - - - 0 2 more'
  expect(parseEvent('evt_1', { ...FIELDS, 'crm/state': state })).toMatchObject({
    deliveries: [{ status: 'parked', generation: 1 }, {}],
  })
})
