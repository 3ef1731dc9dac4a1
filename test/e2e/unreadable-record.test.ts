/** Records that cannot be read: of very early versions, or changed by hand. They hide no others. */
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

const OLD_LAST = '{"number":1,"at":"2026-01-01T00:00:00.000Z","outcome":"permanent","reason":"http-422"}'

/** An event whose delivery is dead. */
async function deadEvent(): Promise<string> {
  const { id } = (await system.api.post({ type: 'a.b', data: 1 })).body
  await eventually('its end', async () => (await system.api.event(id)).status === 'failed')
  return id
}

const makeUnreadable = (id: string) => system.store.redis.hset(keys.event(id), 'crm/last', OLD_LAST)

type List = { readonly items: { readonly id: string }[]; readonly nextCursor: string | null }

const list = (path: string) => system.api.call<List>('GET', path)

const LEFT_OUT = 'records that cannot be read were left out of a list'

test('lists go on without it, page by page, and say so in one line', async () => {
  const [first, broken, last] = [await deadEvent(), await deadEvent(), await deadEvent()]
  await makeUnreadable(broken)
  for (const [path, ids] of [
    ['/v1/events', [last, first]],
    ['/v1/admin/dead-letters', [`${last}-crm`, `${first}-crm`]],
  ] as const) {
    const before = system.logs().length
    const all = await list(path)
    expect(all.status).toBe(200)
    expect(all.body.items.map(({ id }) => id)).toEqual(ids)
    const lines = system
      .logs()
      .slice(before)
      .filter(({ msg }) => msg === LEFT_OUT)
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', count: 1, eventId: broken })])

    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: List = (await list(`${path}?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`)).body
      paged.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(paged).toEqual(ids)
  }
})

test('asked for by its id it is not found, and the answer says that it cannot be read', async () => {
  const id = await deadEvent()
  await makeUnreadable(id)
  const detail = expect.stringContaining(`the record of ${id} is there, but cannot be read`) as unknown
  for (const path of [
    `/v1/events/${id}`,
    `/v1/events/${id}?wait=1`,
    `/v1/events/${id}/attempts`,
    `/v1/events/${id}/result`,
    `/v1/events/${id}/stream`,
  ])
    expect(await system.api.call('GET', path)).toMatchObject({
      status: 404,
      body: { code: 'event-not-found', detail },
    })
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/replay'],
    ['DELETE', ''],
  ] as const)
    expect(await system.api.call(method, `/v1/admin/dead-letters/${id}-crm${path}`)).toMatchObject({
      status: 404,
      body: { code: 'dead-letter-not-found', detail },
    })
})

test('attempts of an unknown form are not shown as something else', async () => {
  const id = await deadEvent()
  await system.store.redis.hset(keys.attempts(id), 'crm/1/1', OLD_LAST)
  expect(await system.api.call('GET', `/v1/events/${id}/attempts`)).toMatchObject({
    status: 404,
    body: { code: 'event-not-found' },
  })
  expect(await system.api.event(id)).toMatchObject({ status: 'failed' })
})
