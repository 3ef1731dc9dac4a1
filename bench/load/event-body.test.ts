import { eventInputSchema } from '@manifold/domain'
import { expect, test } from 'vitest'
import { eventBody, eventData } from './event-body.ts'

test.each([300, 4_096, 65_536])('data is exactly %i bytes long as JSON', (bytes) => {
  expect(JSON.stringify(eventData(7, bytes))).toHaveLength(bytes)
  expect(JSON.stringify(eventData(12_345_678, bytes))).toHaveLength(bytes)
})

test('is never the same twice', () => {
  expect(eventBody(1, 300)).not.toBe(eventBody(2, 300))
})

test('is an event that Manifold accepts, for the named targets when there are any', () => {
  expect(eventInputSchema.parse(JSON.parse(eventBody(1, 300)))).toMatchObject({ type: 'order.placed' })
  expect(eventInputSchema.parse(JSON.parse(eventBody(1, 300, ['alpha'])))).toMatchObject({
    targets: ['alpha'],
  })
})

test('needs room for its number', () => {
  expect(() => eventData(1, 20)).toThrow('no room')
})
