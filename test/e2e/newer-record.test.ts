/** What a producer answers about a delivery that a newer version wrote: what it knows, and that it changes nothing. */
import { RECORD_VERSION } from '@manifold/domain'
import { keys } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/status/422` }],
    }),
  })
})

afterAll(() => system.close())

const NEWER = ` - 0 ${String(RECORD_VERSION + 1)}`
const field = 'crm/state'

/** Accepts an event whose delivery dies, and marks its state as a newer version's. @returns how to take the mark off again */
async function deadOfNewer(): Promise<{ id: string; restore: () => Promise<unknown> }> {
  const { id } = (await system.api.post({ type: 'a.b', data: 1 })).body
  await eventually('its end', async () => (await system.api.event(id)).status === 'failed')
  const key = keys.event(id)
  const state = (await system.store.redis.hget(key, field)) ?? ''
  await system.store.redis.hset(key, field, state + NEWER)
  return { id, restore: () => system.store.redis.hset(key, field, state) }
}

const call = (method: string, path: string) => fetch(`${system.url}${path}`, { method })

const REFUSED = { status: 503, retryAfter: '1', code: 'newer-record' }

async function refusalOf(answer: Response) {
  const { code } = (await answer.json()) as { code: string }
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), code }
}

test('its status, its attempts and its place among the dead letters are shown', async () => {
  const { id, restore } = await deadOfNewer()
  expect(await system.api.event(id)).toMatchObject({
    status: 'failed',
    deliveries: [{ status: 'dead', reason: 'rejected', attempts: 1 }],
  })
  expect(await system.api.attempts(id)).toHaveLength(1)
  expect((await system.api.deadLetters('?target=crm')).some((one) => one.eventId === id)).toBe(true)
  await restore()
})

test('a replay and a discard are refused with 503 and when to come again, and done once its version is known', async () => {
  const { id, restore } = await deadOfNewer()
  const path = `/v1/admin/dead-letters/${id}-crm`
  expect(await refusalOf(await call('POST', `${path}/replay`))).toEqual(REFUSED)
  expect(await refusalOf(await call('DELETE', path))).toEqual(REFUSED)
  await restore()
  expect((await call('DELETE', path)).status).toBe(204)
})

test('a cancel is refused in the same way', async () => {
  const at = new Date(Date.now() + 60_000).toISOString()
  const { id } = (await system.api.post({ type: 'a.b', data: 1, deliverAt: at })).body
  const key = keys.event(id)
  const state = (await system.store.redis.hget(key, field)) ?? ''
  await system.store.redis.hset(key, field, state + NEWER)
  expect(await refusalOf(await call('DELETE', `/v1/events/${id}`))).toEqual(REFUSED)
  await system.store.redis.hset(key, field, state)
  expect((await call('DELETE', `/v1/events/${id}`)).status).toBe(200)
})

test('a bulk replay that a newer version made, or that meets a newer delivery, waits for a newer producer', async () => {
  const { id, restore } = await deadOfNewer()
  const ask = async () => {
    const answer = await fetch(`${system.url}/v1/admin/dead-letters/replay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ target: 'crm' }),
    })
    return ((await answer.json()) as { id: string }).id
  }
  const progress = async (replay: string) =>
    (await (await call('GET', `/v1/admin/replays/${replay}`)).json()) as { status: string; replayed: number }
  const met = await ask()
  await eventually('it to be met', async () => (await progress(met)).status === 'running')
  const newer = await ask()
  await system.store.redis.hset(keys.replay(newer), 'version', RECORD_VERSION + 1)
  expect(await system.api.event(id)).toMatchObject({ deliveries: [{ generation: 1 }] })
  await restore()
  await eventually('the one to go on', async () => (await progress(met)).status === 'completed')
  expect(await system.api.event(id)).toMatchObject({ deliveries: [{ generation: 2 }] })
  expect(await progress(newer)).not.toMatchObject({ status: 'completed' })
  expect(await system.store.redis.sismember(keys.openReplays, newer)).toBe(1)
})
