import { DEFAULT_BREAKER } from '@manifold/domain'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  accept,
  attemptOf,
  claim,
  keptDelivery,
  refOf,
  startTestStore,
  type TestStore,
} from '../../../test/support/store.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { claimEach } from './claim.ts'
import { keys } from './keys.ts'
import { createSettler, createSingleSettler } from './settler.ts'

let store: TestStore
let sent = 0

beforeAll(async () => {
  store = await startTestStore()
  const send = store.redis.sendCommand.bind(store.redis)
  store.redis.sendCommand = (...args: Parameters<typeof send>) => {
    sent++
    return send(...args)
  }
})
beforeEach(() => store.clear())
afterAll(() => store.close())

const TERMS = { claimant: 'anyone', claimMs: 10_000, probeMs: 10_000 }

async function claimed(count: number) {
  const ids = await Promise.all(Array.from({ length: count }, () => accept(store)))
  const refs = ids.map((id) => refOf(id))
  for (const ref of refs) await claim(store, ref)
  return refs
}

const delivered = (ref: ReturnType<typeof refOf>) => ({
  ref,
  fence: 1,
  settlement: { kind: 'delivered' } as const,
  attempt: attemptOf('delivered'),
  signal: 'succeeded' as const,
})

test('what is settled in one turn shares a round trip, and each hears of its own', async () => {
  const refs = await claimed(5)
  const settle = createSettler(store, 'crm', DEFAULT_BREAKER)
  await settle(delivered(refs[0] ?? refOf('none')))
  sent = 0
  const results = await Promise.all(refs.slice(1).map((ref) => settle(delivered(ref))))
  expect(sent).toBe(1)
  expect(results.map((result) => result.kind)).toEqual(Array.from({ length: 4 }, () => 'applied'))
  for (const ref of refs)
    expect(await keptDelivery(store, ref)).toMatchObject({ status: 'delivered', attempts: 1 })
})

test('one odd record fails alone, when it is claimed and when it is settled', async () => {
  const refs = await claimed(3)
  const odd = refs[1] ?? refOf('none')
  await store.redis.set(keys.event(odd.eventId), 'not a record')
  const claims = await Promise.allSettled(claimEach(store, 'crm', refs, TERMS))
  expect(claims.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  const settle = createSettler(store, 'crm', DEFAULT_BREAKER)
  const settled = await Promise.allSettled(refs.map((ref) => settle(delivered(ref))))
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test.each([
  ['together', () => createSettler(store, 'crm', DEFAULT_BREAKER)],
  ['each by itself', () => createSingleSettler(store, DEFAULT_BREAKER)],
])(
  'an outcome that a full Redis refuses is kept, and recorded once it has room: %s',
  async (_how, create) => {
    const [ref = refOf('none')] = await claimed(1)
    await store.redis.config('SET', 'maxmemory', '1')
    sent = 0
    const settling = create()(delivered(ref))
    await eventually('it to be refused, and offered again', () => sent >= 2)
    await store.redis.config('SET', 'maxmemory', '0')
    expect(await settling).toMatchObject({ kind: 'applied', status: 'delivered' })
    expect(await keptDelivery(store, ref)).toMatchObject({ status: 'delivered', attempts: 1 })
  },
)
