/** One breaker for all workers of a target: three processes, one receiver that keeps count. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { CONCURRENCY, OPEN_MS } from '../support/breaker.config.ts'
import { deliveryOf, post } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import type { PartProcess } from '../support/part.ts'

const WORKERS = 3
/** How often a worker that is held looks whether it still is. */
const HELD_LOOK_MS = 1_000

type TargetAnswer = {
  breaker: { state: string; reason: string | null; since: string | null; nextProbeAt: string | null }
}

let stage: FaultStage
let api: Api
let workers: PartProcess[]

beforeAll(async () => {
  stage = await setFaultStage()
  const environment = {
    MANIFOLD_CONFIG: fileURLToPath(new URL('../support/breaker.config.ts', import.meta.url)),
  }
  api = (await stage.producer(environment)).api
  workers = await Promise.all(
    Array.from({ length: WORKERS }, () => stage.worker(environment, ['alpha', 'beta'])),
  )
})

afterAll(() => stage.close())

beforeEach(async () => {
  stage.sandbox.behave('alpha', '/ok')
  await reset('alpha')
})

const breaker = async (target = 'alpha') =>
  (await api.call<TargetAnswer>('GET', `/v1/admin/targets/${target}`)).body.breaker
const reset = (target: string) => api.call<TargetAnswer>('POST', `/v1/admin/targets/${target}/breaker/reset`)
const received = (target = 'alpha') => stage.sandbox.received(target)
const timeOf = (request: { at: string } | undefined) => Date.parse(String(request?.at))

/** Posts so many events while the target is down, and waits until its breaker has opened. */
async function open(count: number, target = 'alpha'): Promise<string[]> {
  stage.sandbox.behave(target, '/status/500')
  const ids = await Promise.all(Array.from({ length: count }, () => post(api, target)))
  await eventually('the breaker to open', async () => (await breaker(target)).state === 'open')
  return ids
}

const delivered = (ids: readonly string[]) =>
  eventually('all to be delivered', async () => {
    const deliveries = await Promise.all(ids.map((id) => deliveryOf(api, id)))
    return deliveries.every(({ status }) => status === 'delivered') ? deliveries : undefined
  })

test('a target that is well is not held back by a few failures', async () => {
  const good = await Promise.all(Array.from({ length: 10 }, () => post(api, 'alpha')))
  await delivered(good)
  stage.sandbox.behave('alpha', '/flaky?fail=1&status=500')
  await delivered(await Promise.all(Array.from({ length: 4 }, () => post(api, 'alpha'))))
  expect(await breaker()).toEqual({ state: 'closed', reason: null, since: null, nextProbeAt: null })
})

test('it opens on the rate of failures, and says why and when the next probe is', async () => {
  const before = received().length
  const ids = await open(20)
  const view = await eventually('it to be open', async () => {
    const present = await breaker()
    return present.state === 'open' ? present : undefined
  })
  expect(view.reason).toMatch(/^(\d+ of \d+ attempts failed|a probe failed)$/)
  expect(Date.parse(String(view.nextProbeAt)) - Date.parse(String(view.since))).toBe(OPEN_MS)
  expect(received().length - before).toBeGreaterThanOrEqual(5)

  const line = await eventually('the log line', () =>
    workers.flatMap((worker) => worker.output().split('\n')).find((text) => text.includes('breaker opened')),
  )
  expect(JSON.parse(line)).toMatchObject({ level: 'error', target: 'alpha', openMs: OPEN_MS })
  stage.sandbox.behave('alpha', '/ok')
  await delivered(ids)
})

test('while it is open nothing is attempted and no attempt is spent; a probe at a time asks again', async () => {
  const start = received().length
  const ids = await open(20)
  const openedAt = Date.parse(String((await breaker()).since))
  // Through several probes: each is answered with a 500, slowly enough for a second one to be seen beside it.
  stage.sandbox.behave('alpha', '/status/500')
  await eventually('three probes', () => received().filter((one) => timeOf(one) > openedAt + 100).length >= 3)
  stage.sandbox.behave('alpha', '/ok')
  const deliveries = await delivered(ids)

  const own = received().slice(start)
  const failed = own.filter(({ status }) => status === 500)
  // What was under way when it opened has its end; after that one request each openMs.
  const probes = failed.filter((one) => timeOf(one) > openedAt + 100)
  expect(failed.length - probes.length).toBeLessThanOrEqual(5 + WORKERS * CONCURRENCY)
  for (const [at, probe] of probes.entries()) {
    const next = probes[at + 1]
    if (next !== undefined) expect(timeOf(next) - timeOf(probe)).toBeGreaterThanOrEqual(OPEN_MS)
  }
  const spent = deliveries.reduce((sum, { attempts }) => sum + attempts, 0)
  expect(spent).toBe(own.length)
})

test('while a probe is out nobody else is let through, whichever worker asks', async () => {
  const ids = await open(20)
  const openedAt = Date.parse(String((await breaker()).since))
  stage.sandbox.behave('alpha', '/delay/900')
  const probe = await eventually('a probe', () => received().find((one) => timeOf(one) > openedAt + 100))
  expect((await breaker()).state).toBe('half-open')
  await eventually('its answer', () => probe.status === 200)
  const beside = received().filter((one) => one !== probe && Math.abs(timeOf(one) - timeOf(probe)) < 880)
  expect(beside.filter((one) => timeOf(one) > openedAt + 100)).toEqual([])
  stage.sandbox.behave('alpha', '/ok')
  await delivered(ids)
})

test('it is healthy again within openMs and a second after the target is', async () => {
  const ids = await open(20)
  stage.sandbox.behave('alpha', '/ok')
  const healedAt = Date.now()
  await eventually('a request that is taken', () =>
    received().some((one) => one.status === 200 && timeOf(one) >= healedAt),
  )
  await delivered(ids)
  expect(Date.now() - healedAt).toBeLessThan(OPEN_MS + 1_000)
  expect((await breaker()).state).toBe('closed')
  const lines = workers.flatMap((worker) => worker.output().split('\n'))
  expect(lines.some((text) => text.includes('breaker closed'))).toBe(true)
})

test('a reset lets deliveries through at once, though the next probe is far away', async () => {
  const ids = await open(10, 'beta')
  stage.sandbox.behave('beta', '/ok')
  expect(Date.parse(String((await breaker('beta')).nextProbeAt))).toBeGreaterThan(Date.now() + 30_000)
  const before = received('beta').length
  const resetAt = Date.now()
  expect((await reset('beta')).body.breaker.state).toBe('closed')
  await delivered(ids)
  expect(Date.now() - resetAt).toBeLessThan(HELD_LOOK_MS + 500)
  expect(received('beta').length - before).toBeLessThanOrEqual(ids.length)
})
