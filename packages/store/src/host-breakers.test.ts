import { breakerOf, callbackEventId, CALLBACKS_TARGET } from '@manifold/domain'
import { expect, test } from 'vitest'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { noteHostBreaker, readHostBreakers, resetHostBreakers } from './host-breakers.ts'
import { keys } from './keys.ts'

const store = useTestStore()

const nameFor = (url: string) => breakerOf(CALLBACKS_TARGET, callbackEventId('evt_1', 1, url))

async function open(url: string): Promise<void> {
  await store.redis.hset(keys.breaker(nameFor(url)), { state: 'open', until: 30_000, since: 1_000 })
  await noteHostBreaker(store, CALLBACKS_TARGET, nameFor(url), 'opened')
}

test('the hosts whose breaker is open are listed as they are written in a URL', async () => {
  await open('https://hooks.example.com/done')
  await open('https://my-hooks.example:8443/done')
  await open('https://[2606:4700::1111]:8443/done')
  const listed = await readHostBreakers(store, CALLBACKS_TARGET)
  expect(listed.map(({ host }) => host).sort()).toEqual([
    '[2606:4700::1111]:8443',
    'hooks.example.com',
    'my-hooks.example:8443',
  ])
  expect(listed[0]?.breaker).toMatchObject({ state: 'open', sinceMs: 1_000, nextProbeAtMs: 30_000 })
})

test('one that has closed is not, whether somebody noted it or not', async () => {
  await open('https://noted.example')
  await open('https://forgotten.example')
  await noteHostBreaker(store, CALLBACKS_TARGET, nameFor('https://noted.example'), 'closed')
  await store.redis.del(keys.breaker(nameFor('https://forgotten.example')))
  expect(await readHostBreakers(store, CALLBACKS_TARGET)).toEqual([])
})

test('a reset closes them all, and those of nobody else', async () => {
  await open('https://a.example')
  await open('https://b.example')
  await store.redis.hset(keys.breaker('crm'), { state: 'open', until: 30_000, since: 1_000 })
  await resetHostBreakers(store, CALLBACKS_TARGET)
  await resetHostBreakers(store, CALLBACKS_TARGET)
  expect(await readHostBreakers(store, CALLBACKS_TARGET)).toEqual([])
  expect(await store.redis.keys('*')).toEqual([keys.breaker('crm')])
})

test('however many hosts are down, only so many are kept: the oldest are forgotten', async () => {
  for (let index = 0; index < 1_010; index++) await open(`https://h${String(index)}.example`)
  const hosts = (await readHostBreakers(store, CALLBACKS_TARGET)).map(({ host }) => host)
  expect(hosts).toHaveLength(1_000)
  expect(hosts).toContain('h1009.example')
  expect((await store.redis.keys('*:breaker:*')).length).toBe(1_000)
})
