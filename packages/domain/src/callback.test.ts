import { expect, test } from 'vitest'
import { breakerOf, callbackEventId, CALLBACKS_TARGET } from './callback.ts'
import { EVENT_ID_PATTERN } from './event.ts'

test('a callback has an id of its own for each time its event settles', () => {
  const url = 'https://hooks.example.com/done'
  const first = callbackEventId('evt_1', 1_000, url)
  expect(first).toBe(callbackEventId('evt_1', 1_000, url))
  expect(
    new Set([first, callbackEventId('evt_1', 2_000, url), callbackEventId('evt_2', 1_000, url)]).size,
  ).toBe(3)
})

test('no caller can give an event the id of a callback', () => {
  expect(callbackEventId('evt_1', 1_000, 'https://hooks.example.com')).not.toMatch(EVENT_ID_PATTERN)
})

test.each([
  ['https://hooks.example.com/a?b=c', 'callbacks/hooks.example.com'],
  ['https://HOOKS.example.com:443/', 'callbacks/hooks.example.com'],
  ['https://hooks.example.com:8443/', 'callbacks/hooks.example.com~8443'],
  ['https://[2606:4700::1111]:8443/', 'callbacks/[2606~4700~~1111]~8443'],
  ['https://x.settled.5.example.com/', 'callbacks/x.settled.5.example.com'],
])('a callback to %s counts towards the breaker %s', (url, name) => {
  for (const id of ['evt_1', 'order-1.settled.5.hooks.example.com'])
    expect(breakerOf(CALLBACKS_TARGET, callbackEventId(id, 1_000, url))).toBe(name)
})

test('every other delivery counts towards the breaker of its target', () => {
  expect(breakerOf('crm', 'evt_1')).toBe('crm')
  expect(breakerOf('crm', 'evt_1.settled.5.hooks.example.com')).toBe('crm')
})
