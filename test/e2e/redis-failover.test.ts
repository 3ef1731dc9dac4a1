/** Sentinels replace a master that is killed while events are posted: no false 202, and nobody has to be helped. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { expectKept } from '../support/oracle.ts'
import { startTestReplicas } from '../support/redis-shapes.ts'
import { startSystem, type System } from '../support/system.ts'

/** Callers who try again without a pause leave the sentinels no processor. */
const AGAIN_MS = 50

let redis: Awaited<ReturnType<typeof startTestReplicas>>
let system: System

beforeAll(async () => {
  redis = await startTestReplicas(2)
  system = await startSystem({
    redisUrl: redis.url,
    environment: { MANIFOLD_REDIS_REPLICAS: '1', MANIFOLD_LOCK_MS: '1000', MANIFOLD_STALLED_CHECK_MS: '300' },
    config: (sandboxUrl) => ({
      targets: ['crm', 'email'].map((name) => ({
        name,
        subscribe: ['order.*'],
        url: `${sandboxUrl}/t/${name}/ok`,
        retry: { maxAttempts: 10, baseDelayMs: 5, maxDelayMs: 20 },
      })),
    }),
  })
})

afterAll(async () => {
  await system.close()
  await redis.close()
})

const order = { type: 'order.placed', data: { orderId: 'A1' } }

test('a master that is killed under load is replaced; everything answered 202 before, meanwhile and after is delivered', async () => {
  const accepted: string[] = []
  const refused = { count: 0, slowestMs: 0, statuses: new Set<number>() }
  let done = false
  const isDone = () => done
  const posting = Array.from({ length: 8 }, async (_, lane) => {
    for (let event = 0; !isDone(); event++) {
      // As docs tell callers: the same request again until it is taken.
      for (;;) {
        const startedMs = performance.now()
        const answer = await system.api.post(order, { 'idempotency-key': `${String(lane)}-${String(event)}` })
        if (answer.status === 202) {
          accepted.push(answer.body.id)
          break
        }
        refused.count++
        refused.statuses.add(answer.status)
        refused.slowestMs = Math.max(refused.slowestMs, performance.now() - startedMs)
        expect(answer.headers.get('retry-after')).toBe('1')
        await wait(AGAIN_MS)
      }
    }
  })
  await eventually('load', () => accepted.length > 200)
  const was = await redis.killMaster()
  await eventually('refusals', () => refused.count > 0)
  await redis.failedOver(was)
  const before = accepted.length
  await eventually('load after the failover', () => accepted.length > before + 200)
  done = true
  await Promise.all(posting)

  expect(refused.statuses).toEqual(new Set([503]))
  expect(refused.slowestMs).toBeLessThan(2_000)
  expect(new Set(accepted).size).toBe(accepted.length)
  const received = () => system.sandbox.received()
  const events = await expectKept({ ...system, received, accepted, crashed: true })
  expect(new Set(events.map((event) => event.status))).toEqual(new Set(['delivered']))
  // Whose lock was lost with the master, another one takes up.
  expect(unexpected(system)).toEqual([])
})

test('while no replica follows the master callers get 503 that says so, and 202 when one does', async () => {
  const was = await redis.killReplica()
  const refused = await eventually('to be refused for want of replicas', async () => {
    const answer = await system.api.post<{ detail?: string }>(order)
    return answer.body.detail === undefined ? undefined : answer
  })
  expect(refused).toMatchObject({
    status: 503,
    body: { code: 'store-unavailable', detail: expect.stringMatching(/^0 of 1 replicas/) as string },
  })
  await redis.restart(was)
  await eventually('intake to be back', async () => (await system.api.post(order)).status === 202)
})

/** What was logged as nobody's plan. */
function unexpected({ logs }: System): unknown[] {
  return logs().filter(({ msg }) => msg === 'unexpected error')
}
