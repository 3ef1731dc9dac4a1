/** A job whose lock is lost while its delivery is under way: a warning, and what was settled stands. */
import { keys } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { createGate, type Gate } from '../support/gate.ts'
import { startScriptedApi, type ScriptedApi } from '../support/scripted-api.ts'
import { startSystem, type System } from '../support/system.ts'

let server: ScriptedApi
let gate: Gate
let system: System

beforeAll(async () => {
  server = await startScriptedApi()
  gate = createGate()
  server.on('/crm', gate.script)
  system = await startSystem({
    // Nobody looks for jobs of dead workers meanwhile.
    environment: { MANIFOLD_STALLED_CHECK_MS: '60000' },
    config: () => ({ targets: [{ name: 'crm', subscribe: ['**'], url: `${server.url}/crm` }] }),
  })
})

afterAll(async () => {
  await system.close()
  await server.close()
})

test('locks that are lost are told of in one line with their count, and nothing is called unexpected', async () => {
  const accepted = await Promise.all([1, 2, 3].map((data) => system.api.post({ type: 'order.placed', data })))
  await eventually('all to be under way', () => gate.waiting() === 3)
  const locks = await system.store.redis.keys(`${keys.queuePrefix}:crm:*:lock`)
  expect(locks.length).toBeGreaterThan(0)
  await system.store.redis.del(locks)
  gate.open()
  const line = await eventually('the line', () => system.logs().find(({ count }) => count !== undefined))
  expect(line).toMatchObject({
    level: 'warn',
    target: 'crm',
    count: locks.length,
    msg: 'the lock of a job was lost while it was worked on: somebody else ends it, and what was settled stands',
  })
  for (const { body } of accepted)
    expect(await system.api.event(body.id)).toMatchObject({
      status: 'delivered',
      deliveries: [{ attempts: 1 }],
    })
  expect(system.logs().filter(({ msg }) => msg === 'unexpected error')).toEqual([])
})
