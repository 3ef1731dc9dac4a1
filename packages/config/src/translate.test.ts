import { expect, test } from 'vitest'
import { camelCaseKeys, isoTime, snakeCaseKeys, unixSeconds } from './translate.ts'

test('keys become snake_case and camelCase at every depth, in lists too, and values stay', () => {
  const camel = { orderId: 'A-1', lineItems: [{ unitPrice: 2, inStock: true }], shipTo: { zipCode: '1010' } }
  const snake = {
    order_id: 'A-1',
    line_items: [{ unit_price: 2, in_stock: true }],
    ship_to: { zip_code: '1010' },
  }
  expect(snakeCaseKeys(camel)).toEqual(snake)
  expect(camelCaseKeys(snake)).toEqual(camel)
})

test('the type of a translated object knows its new keys', () => {
  const snake = snakeCaseKeys({ orderId: 'A-1' })
  const id: string = snake.order_id
  expect(id).toBe('A-1')
  // @ts-expect-error -- the old key is gone
  expect(snake.orderId).toBeUndefined()
})

test('a time becomes Unix seconds and back, whatever its zone', () => {
  expect(unixSeconds('2026-01-31T09:30:00Z')).toBe(1_769_851_800)
  expect(unixSeconds('2026-01-31T10:30:00.900+01:00')).toBe(1_769_851_800)
  expect(isoTime(1_769_851_800)).toBe('2026-01-31T09:30:00.000Z')
})

test('what is no time throws instead of becoming a wrong one', () => {
  expect(() => unixSeconds('tomorrow')).toThrow('"tomorrow" is not a time')
  expect(() => isoTime(NaN)).toThrow()
})
