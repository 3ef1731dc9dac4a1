import { expect, test } from 'vitest'
import { recordEvent } from './event-record.ts'
import { readLoad } from './load.ts'
import { newEvent } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'

const store = useTestStore()

test('the load is the memory that is used, its limit, and what waits for each target', async () => {
  await store.redis.config('SET', 'maxmemory', '64mb')
  try {
    await recordEvent(store, newEvent({ targets: ['crm', 'email'] }))
    await recordEvent(store, newEvent({ id: 'second', targets: ['crm'] }))
    const { memory, backlogs } = await readLoad(store, ['crm', 'email', 'idle'])
    expect(memory.maxBytes).toBe(67_108_864)
    expect(memory.usedBytes).toBeGreaterThan(100_000)
    expect(memory.usedBytes).toBeLessThan(memory.maxBytes)
    expect([...backlogs]).toEqual([
      ['crm', 2],
      ['email', 1],
      ['idle', 0],
    ])
  } finally {
    await store.redis.config('SET', 'maxmemory', '0')
  }
})

test('without maxmemory, and without targets, there is no limit', async () => {
  const { memory, backlogs } = await readLoad(store, [])
  expect(memory.maxBytes).toBe(0)
  expect(backlogs.size).toBe(0)
})
