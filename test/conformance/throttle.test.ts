/** The pace of a target: what it asks for holds all its deliveries and no other target's, and costs nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  deliver,
  deliveryOf,
  ended,
  post,
  QUICK,
  reached,
  setStage,
  type Stage,
} from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'

const RATE = { max: 3, perMs: 400 }

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => {
    const at = (name: string) => ({ ...QUICK, name, url: `${server.url}/${name}` })
    const once = { ...QUICK.retry, maxAttempts: 1 }
    return [
      { ...at('busy-429'), retry: once },
      { ...at('busy-503'), retry: once },
      { ...at('free'), retry: once },
      { ...at('tired'), retry: { ...once, maxAgeMs: 1_500 } },
      { ...at('limited'), rateLimit: RATE },
      { ...at('narrow'), maxConcurrency: 3 },
      { ...at('wide'), concurrency: 4 },
    ]
  })
  // Every pace is held over two workers.
  await stage.system.work()
})

afterAll(() => stage.close())

const postMany = (target: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => post(stage.system.api, target)))

const endAll = async (ids: readonly string[]) => {
  for (const id of ids) expect(await ended(stage.system.api, id)).toMatchObject({ status: 'delivered' })
}

describe.each([429, 503])('%i with Retry-After', (status) => {
  const target = `busy-${String(status)}`

  test('holds the whole target for that time, at no attempt, and no other target', async () => {
    const { server, system } = stage
    server.on(`/${target}`, { status, headers: { 'retry-after': '2' } }, { status: 200 })
    const first = await post(system.api, target)
    const held = await reached(system.api, first, 'deferred')
    const nextAt = Date.parse(String(held.nextAttemptAt))
    expect(held.lastAttempt).toMatchObject({ outcome: 'throttled', httpStatus: status })

    await eventually('its job to be put back', async () => {
      const { body } = await system.api.call<{ inFlight: number }>('GET', `/v1/admin/targets/${target}`)
      return body.inFlight === 0
    })
    const others = await postMany(target, 5)
    expect(await deliver(system.api, 'free')).toMatchObject({ status: 'delivered' })
    expect(Date.now()).toBeLessThan(nextAt)
    for (const id of others)
      expect(await deliveryOf(system.api, id)).toMatchObject({ status: 'pending', attempts: 0 })
    expect(server.received(`/${target}`)).toHaveLength(1)

    // With one attempt to spend, this one would be dead if the answer had cost it.
    await endAll([first, ...others])
    const [asked, ...later] = server.received(`/${target}`)
    expect(later).toHaveLength(6)
    for (const { atMs } of later) expect(atMs).toBeGreaterThanOrEqual(Number(asked?.atMs) + 2_000)
    for (const { atMs } of later) expect(atMs).toBeLessThan(nextAt + 1_000)
  })
})

test('again and again costs nothing, until the delivery has expired', async () => {
  const { server, system } = stage
  server.on('/tired', { status: 429, headers: { 'retry-after': '0' } })
  const startedAt = Date.now()
  const delivery = await deliver(system.api, 'tired')
  expect(delivery).toMatchObject({ status: 'dead', reason: 'expired' })
  expect(delivery.attempts).toBeGreaterThan(1)
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_200)
  expect(Date.now() - startedAt).toBeLessThan(3_000)
})

test('rateLimit: no window has more attempts than it says, over both workers', async () => {
  await endAll(await postMany('limited', 10))
  const starts = stage.server.received('/limited').map(({ atMs }) => atMs)
  expect(starts).toHaveLength(10)
  // A busy machine brings some late, and so nearer to those behind them, but none before its window: one window is allowed for.
  const [first = Infinity] = starts
  for (const [at, start] of starts.entries())
    expect(start - first).toBeGreaterThan((Math.floor(at / RATE.max) - 1) * RATE.perMs)
})

test('maxConcurrency: never more under way than it says, over both workers', async () => {
  stage.server.on('/narrow', () => ({ status: 200, delayMs: 40 }))
  await endAll(await postMany('narrow', 15))
  expect(stage.server.mostAtOnce('/narrow')).toBe(3)
})

test('concurrency: so many under way in each worker', async () => {
  stage.server.on('/wide', () => 'hang')
  await postMany('wide', 20)
  await eventually('both workers to be full', () => stage.server.received('/wide').length === 8)
  const { body } = await stage.system.api.call<{ inFlight: number; queue: { waiting: number } }>(
    'GET',
    '/v1/admin/targets/wide',
  )
  expect(body).toMatchObject({ inFlight: 8, queue: { waiting: 12 } })
  expect(stage.server.mostAtOnce('/wide')).toBe(8)
})
