/** A small Redis, targets that are slow, and senders that never stop: intake gives way before Redis has to. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

const MIB = 1_048_576
const TARGETS = ['alpha', 'beta']
const SENDERS = 12
const SEND_MS = 5_000
/** They go on until so many were refused: a busy machine sends less in its time. */
const REFUSED = 10

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (url) => ({
      targets: TARGETS.map((name) => ({
        name,
        subscribe: ['**'],
        concurrency: 50,
        url: `${url}/t/${name}/delay/500`,
        body: (event) => ({ id: event.id }),
      })),
    }),
  })
  await system.store.redis.config('SET', 'maxmemory', '64mb')
})
afterAll(() => system.close())

const admin = () => system.api.call('GET', '/v1/admin/targets')

/** Sends without a pause: mostly large events, and small ones. */
async function send(accepted: string[], statuses: Map<number, number>, isOver: () => boolean): Promise<void> {
  for (let count = 0; !isOver(); count++) {
    const fill = count % 3 === 0 ? 'small' : 'x'.repeat(MIB - 200)
    // Under a key each, so that every event is kept for a day: it is data that must not be.
    const key = { 'idempotency-key': randomUUID() }
    const { status, body, headers } = await system.api.post({ type: 'order.placed', data: { fill } }, key)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status === 202) accepted.push(body.id)
    else expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  }
}

const answered = (statuses: ReadonlyMap<number, number>) => [...statuses.values()].reduce((a, b) => a + b, 0)

test('with 64 MB and senders that never stop Redis never refuses, every 202 is delivered, and intake is back by itself', async () => {
  const accepted: string[] = []
  const statuses = new Map<number, number>()
  const until = Date.now() + SEND_MS
  const isOver = () =>
    (Date.now() >= until && (statuses.get(503) ?? 0) > REFUSED) || Date.now() >= until + 4 * SEND_MS
  const senders = Array.from({ length: SENDERS }, () => send(accepted, statuses, isOver))

  // By class: whoever looks, or makes room, is answered throughout.
  while (!isOver()) {
    expect((await admin()).status).toBe(200)
    const [id = 'none'] = accepted
    expect([200, 404]).toContain((await system.api.call('GET', `/v1/events/${id}`)).status)
    expect((await fetch(`${system.url}/readyz`)).status).toBe(200)
    const seen = answered(statuses)
    await eventually('more answers', () => answered(statuses) > seen || isOver())
  }
  await Promise.all(senders)
  expect([...statuses.keys()].sort()).toEqual([202, 503])
  expect(statuses.get(503)).toBeGreaterThan(REFUSED)

  const delivered = () => {
    const { sandbox } = system
    return TARGETS.map((name) => new Set(sandbox.received(name).map(({ headers }) => headers['webhook-id'])))
  }
  await eventually(
    'everything accepted to be delivered',
    () => {
      const [alpha, beta] = delivered()
      return accepted.every((id) => alpha?.has(`${id}-alpha`) === true && beta?.has(`${id}-beta`) === true)
    },
    20_000,
  )
  await eventually('intake to be back', async () => {
    return (await system.api.post({ type: 'order.placed', data: 1 })).status === 202
  })

  expect(await system.store.redis.info('errorstats')).not.toContain('OOM')
  const metrics = await (await fetch(`${system.url}/metrics`)).text()
  expect(metrics).toMatch(/manifold_shed_requests_total\{reason="memory",.*\} [1-9]/)
  expect(metrics).toMatch(/manifold_shedding\{reason="memory",.*\} 0/)
  const lines = system.logs().filter(({ msg }) => String(msg).includes('overloaded'))
  expect(lines.length).toBeLessThan(60)
}, 60_000)
