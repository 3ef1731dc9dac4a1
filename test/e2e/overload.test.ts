/** Intake that has too much gives way by class, says when to come back, and takes nothing by halves. */
import { createHmac } from 'node:crypto'
import { defineSource, githubSignature, secret, type ConfigDefinition } from '@manifold/config'
import { countEvents, keys, readBacklog } from '@manifold/store'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { ProblemAnswer } from '../support/api.ts'
import { collect, isFailed, readBatchLines, type BatchAnswer } from '../support/batch.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket } from '../support/web-socket.ts'

const TOTAL = 20

let system: System

beforeAll(async () => {
  vi.stubEnv('TEST_SOURCE_SECRET', 'hush')
  const config = (url: string): ConfigDefinition => ({
    targets: [
      { name: 'slow', subscribe: ['order.*'], url: `${url}/t/slow/ok`, maxBacklog: 2 },
      { name: 'fast', subscribe: ['order.*', 'note.*'], url: `${url}/t/fast/ok` },
    ],
    sources: [
      defineSource({
        path: 'shop',
        verify: githubSignature(secret('TEST_SOURCE_SECRET')),
        toEvent: () => [note, order],
      }),
    ],
  })
  // Removed targets are looked for every 2 s.
  const environment = { MANIFOLD_MAX_BACKLOG: String(TOTAL), MANIFOLD_REMOVED_TARGET_GRACE_MS: '20000' }
  system = await startSystem({ config, environment, withWorker: false })
})
afterAll(async () => {
  await system.close()
  vi.unstubAllEnvs()
})

const order = { type: 'order.placed', data: 1 }
const note = { type: 'note.taken', data: 1 }
const post = (event: object) => system.api.post<ProblemAnswer & { id: string }>(event)

async function cancelAll(): Promise<void> {
  const { body } = await system.api.call<{ items: { id: string }[] }>('GET', '/v1/events?limit=200')
  for (const { id } of body.items) await system.api.call('DELETE', `/v1/events/${id}`)
}

/** Cancels all there is, and waits until intake has seen it. */
beforeEach(async () => {
  await cancelAll()
  await eventually('room', async () => {
    const { status, body: accepted } = await post(order)
    if (status === 202) await system.api.call('DELETE', `/v1/events/${accepted.id}`)
    return status === 202
  })
})

/** Posts until it is refused, and not for the room alone that the last look had left. */
async function fill(event: object, status: number, limit: number, targets: string[]): Promise<void> {
  await eventually('a refusal', async () => {
    if ((await post(event)).status !== status) return false
    const backlogs = await Promise.all(targets.map((target) => readBacklog(system.store, target)))
    return backlogs.reduce((sum, { waiting }) => sum + waiting, 0) >= limit
  })
}

const fillSlow = () => fill({ ...order, targets: ['slow'] }, 429, 2, ['slow'])
const fillAll = () => fill(note, 503, TOTAL, ['slow', 'fast'])

test('a target at its limit refuses events for it with 429, those for several as a whole, and no others', async () => {
  await fillSlow()
  const before = await countEvents(system.store)
  const { status, headers, body } = await post(order)
  expect(status).toBe(429)
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  expect(body).toMatchObject({ code: 'target-overloaded' })
  expect(body.detail).toContain('slow')
  expect(await countEvents(system.store)).toBe(before)
  expect((await post(note)).status).toBe(202)
})

test('at the total limit nothing comes in by any way, and before it is read', async () => {
  await fillAll()
  const { status, headers, body } = await post({ nonsense: true })
  expect(status).toBe(503)
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  expect(body.code).toBe('overloaded')
  expect((await system.api.post([note], {}, '/v1/events/batch')).status).toBe(503)
  expect((await webhook()).status).toBe(503)
  const socket = await openSocket(system.url)
  const refused = await socket.ask({ do: 'publish', event: note })
  expect(refused).toMatchObject({ message: 'refused', problem: { code: 'overloaded', status: 503 } })
  socket.socket.close()
})

test('whoever looks, cancels or operates is answered while all is refused', async () => {
  const { body: event } = await post(note)
  await fillAll()
  const asked: [string, string][] = [
    ['GET', `/v1/events/${event.id}`],
    ['GET', '/v1/events'],
    ['GET', '/v1/admin/targets'],
    ['GET', '/v1/admin/dead-letters'],
    ['DELETE', `/v1/events/${event.id}`],
  ]
  for (const [method, path] of asked)
    expect((await system.api.call(method, path)).status, `${method} ${path}`).toBe(200)
  for (const path of ['/livez', '/readyz', '/metrics'])
    expect((await fetch(system.url + path)).status, path).toBe(200)
})

test('in a batch each item is taken or refused by itself', async () => {
  await fillSlow()
  const { status, body } = await system.api.post<BatchAnswer>([order, note], {}, '/v1/events/batch')
  expect(status).toBe(200)
  expect(body).toMatchObject({ accepted: 1, failed: 1 })
  expect(body.items[0]).toMatchObject({ status: 429, problem: { code: 'target-overloaded' } })

  const lines = Array.from({ length: TOTAL * 3 }, () => `${JSON.stringify(note)}\n`)
  const answers = await collect(readBatchLines(system.url, lines))
  const codes = new Set(answers.filter(isFailed).map(({ problem }) => problem.code))
  expect([...codes]).toEqual(['overloaded'])
})

test('a webhook of several events is stored whole or not at all', async () => {
  await fillSlow()
  const before = await countEvents(system.store)
  expect((await webhook()).status).toBe(429)
  expect(await countEvents(system.store)).toBe(before)
})

test('it is counted, and told in the log once when it begins and once when it ends', async () => {
  const lines = () => system.logs().filter(({ reason }) => reason === 'backlog')
  const before = lines().length
  await fillAll()
  for (let count = 0; count < 20; count++) await post(note)
  await eventually('the line', () => lines().length > before)
  expect(lines()).toHaveLength(before + 1)
  expect(lines().at(-1)).toMatchObject({ maxBacklog: TOTAL })
  const metrics = await (await fetch(`${system.url}/metrics`)).text()
  expect(metrics).toMatch(/manifold_shedding\{reason="backlog",.*\} 1/)
  expect(metrics).toMatch(/manifold_shed_requests_total\{reason="backlog",.*\} [1-9]\d/)
  expect(lines().at(-1)).toMatchObject({ level: 'warn' })
  await cancelAll()
  await eventually('the end', () => lines().length > before + 1)
  expect((await post(note)).status).toBe(202)
  expect(lines()).toHaveLength(before + 2)
  expect(lines().at(-1)).toMatchObject({
    level: 'info',
    msg: expect.stringContaining('no longer') as unknown,
  })
})

test('what waits for a target that is in no config any more counts in the total, until it is gone', async () => {
  const { redis } = system.store
  await redis.hset(keys.backlog('old'), 'waiting', TOTAL)
  await redis.hset(keys.removedTargets, 'old', Date.now())
  const isShut = async () =>
    /manifold_shedding\{reason="backlog",.*\} 1/.test(await (await fetch(`${system.url}/metrics`)).text())
  await eventually('intake to be shut', isShut)
  expect((await post(note)).status).toBe(503)
  await redis.del(keys.backlog('old'), keys.removedTargets)
  await eventually('room', async () => (await post(note)).status === 202)
})

function webhook(): Promise<Response> {
  const body = '{}'
  const signature = createHmac('sha256', 'hush').update(body).digest('hex')
  return fetch(`${system.url}/v1/sources/shop`, {
    method: 'POST',
    headers: { 'x-hub-signature-256': `sha256=${signature}` },
    body,
  })
}
