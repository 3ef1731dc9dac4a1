import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { keys } from './keys.ts'
import { dropLease, takeLease } from './lease.ts'

const store = useTestStore()

test('of many holders that want a lease at once, one gets it', async () => {
  const holders = Array.from({ length: 20 }, (_, index) => `process-${String(index)}`)
  const taken = await Promise.all(holders.map((holder) => takeLease(store, 'relay', holder, 60_000)))
  expect(taken.filter(Boolean)).toHaveLength(1)
})

test('the holder keeps its lease by taking it again, and for longer', async () => {
  await takeLease(store, 'relay', 'one', 1_000)
  expect(await takeLease(store, 'relay', 'one', 60_000)).toBe(true)
  expect(await store.redis.pttl(keys.lease('relay'))).toBeGreaterThan(30_000)
  expect(await takeLease(store, 'relay', 'two', 60_000)).toBe(false)
})

test('a refused holder does not lengthen the lease of another', async () => {
  await takeLease(store, 'relay', 'one', 1_000)
  await takeLease(store, 'relay', 'two', 60_000)
  expect(await store.redis.pttl(keys.lease('relay'))).toBeLessThanOrEqual(1_000)
})

test('a lease that has run out can be taken by another', async () => {
  await takeLease(store, 'relay', 'one', 30)
  await eventually('the lease to run out', () => takeLease(store, 'relay', 'two', 60_000))
  expect(await takeLease(store, 'relay', 'one', 60_000)).toBe(false)
})

test('a lease that its holder gave back can be taken at once', async () => {
  await takeLease(store, 'relay', 'one', 60_000)
  await dropLease(store, 'relay', 'one')
  expect(await takeLease(store, 'relay', 'two', 60_000)).toBe(true)
})

test('nobody gives back the lease of another', async () => {
  await takeLease(store, 'relay', 'one', 60_000)
  await dropLease(store, 'relay', 'two')
  expect(await takeLease(store, 'relay', 'two', 60_000)).toBe(false)
})

test('leases on different work do not meet', async () => {
  await takeLease(store, 'relay', 'one', 60_000)
  expect(await takeLease(store, 'janitor', 'two', 60_000)).toBe(true)
})
