import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startSandbox, type Sandbox } from './sandbox.ts'

type Counts = {
  total: number
  byTarget: Record<string, number>
  distinct: number
  duplicates: number
  lastArrivalMs: number
}

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 })
})
beforeEach(async () => {
  await call('/sink', { method: 'DELETE' })
  sandbox.behave('beta', undefined)
})
afterAll(() => sandbox.close())

const call = (path: string, init?: RequestInit) => fetch(sandbox.url + path, init)

const deliver = async (target: string, headers: Record<string, string> = {}) => {
  const response = await call(`/sink/${target}`, { method: 'POST', headers, body: '{"n":1}' })
  return { status: response.status, body: await response.json() }
}

const counts = async () => (await (await call('/sink')).json()) as Counts
const arrivals = async () => (await (await call('/sink/arrivals')).json()) as [string, number][]
const nowMs = () => Number(process.hrtime.bigint()) / 1e6

describe('the sink', () => {
  test('answers 200 and counts by target', async () => {
    expect(await deliver('alpha')).toEqual({ status: 200, body: { ok: true } })
    await deliver('alpha')
    await deliver('beta')
    expect(await counts()).toMatchObject({ total: 3, byTarget: { alpha: 2, beta: 1 }, distinct: 0 })
  })

  test('notes the first arrival of each delivery, and counts those that come again', async () => {
    const before = nowMs()
    await deliver('alpha', { 'idempotency-key': 'evt_1-alpha' })
    const between = nowMs()
    await deliver('alpha', { 'idempotency-key': 'evt_1-alpha' })
    await deliver('beta', { 'x-bench-id': 'job-1' })
    const noted = await arrivals()
    expect(noted.map(([id]) => id)).toEqual(['evt_1-alpha', 'job-1'])
    expect(noted[0]?.[1]).toBeGreaterThan(before)
    expect(noted[0]?.[1]).toBeLessThan(between)
    const { total, distinct, duplicates, lastArrivalMs } = await counts()
    expect({ total, distinct, duplicates }).toEqual({ total: 3, distinct: 2, duplicates: 1 })
    expect(lastArrivalMs).toBe(noted[1]?.[1])
  })

  test('takes any method, and a query', async () => {
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await call('/sink/alpha?x=1', { method })).status).toBe(200)
    expect((await counts()).byTarget).toEqual({ alpha: 3 })
  })

  test('keeps many requests on one connection, whatever their size', async () => {
    const body = 'x'.repeat(200_000)
    for (let n = 0; n < 5; n++) {
      const response = await call('/sink/alpha', { method: 'POST', body })
      expect(await response.json()).toEqual({ ok: true })
    }
    expect((await counts()).total).toBe(5)
  })

  test('is not in the log of received requests', async () => {
    await deliver('alpha')
    expect(sandbox.received('alpha')).toEqual([])
  })

  test('forgets when told to', async () => {
    await deliver('alpha', { 'idempotency-key': 'evt_1-alpha' })
    expect((await call('/sink', { method: 'DELETE' })).status).toBe(204)
    const nothing = { total: 0, byTarget: {}, distinct: 0, duplicates: 0, lastArrivalMs: 0 }
    expect(await counts()).toEqual(nothing)
    expect(await arrivals()).toEqual([])
  })

  test('behaves as its override says, and notes the arrival all the same', async () => {
    sandbox.behave('beta', '/status/503')
    expect((await deliver('beta')).status).toBe(503)
    expect((await deliver('alpha')).status).toBe(200)
    expect((await counts()).byTarget).toEqual({ alpha: 1, beta: 1 })
  })

  test('can hang', async () => {
    sandbox.behave('beta', '/hang')
    const giveUp = new AbortController()
    let answered = false
    const hanging = call('/sink/beta', { method: 'POST', body: '{}', signal: giveUp.signal }).then(
      () => (answered = true),
      () => undefined,
    )
    await eventually('the request to arrive', async () => (await counts()).total === 1)
    await deliver('alpha')
    expect(answered).toBe(false)
    giveUp.abort()
    await hanging
  })

  test.each(['/sink', '/sink/', '/sink/a/b', '/sinking'])('%s is no target of it', async (path) => {
    expect((await call(path, { method: 'POST', body: '{}' })).status).toBe(404)
    expect((await counts()).total).toBe(0)
  })
})
