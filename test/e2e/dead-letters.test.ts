/** Dead letters: listed, inspected, replayed one by one and by filter, discarded. */
import { recordEvent, settleDelivery } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DeadLetterAnswer, PageAnswer, ProblemAnswer, ReplayAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeEach(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [
        {
          name: 'crm',
          subscribe: ['order.*'],
          url: `${sandboxUrl}/t/crm/status/400`,
          retry: { baseDelayMs: 5 },
        },
        {
          name: 'email',
          subscribe: ['order.*'],
          url: `${sandboxUrl}/t/email/status/503`,
          retry: { maxAttempts: 2, baseDelayMs: 5 },
        },
      ],
    }),
  })
})

afterEach(() => system.close())

/** Posts events that all die at both targets. */
async function die(count: number, type = 'order.placed'): Promise<string[]> {
  const before = (await system.api.deadLetters('?limit=200')).length
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => system.api.post({ type, data: { n } })),
  )
  await eventually(
    'all to be dead',
    async () => (await system.api.deadLetters('?limit=200')).length === before + 2 * count,
  )
  return answers.map((answer) => answer.body.id)
}

async function replayed(location: string): Promise<ReplayAnswer> {
  return eventually('the replay to complete', async () => {
    const { body } = await system.api.call<ReplayAnswer>('GET', location)
    return body.status === 'completed' ? body : undefined
  })
}

async function replayBy(filter: object): Promise<ReplayAnswer> {
  const { status, headers } = await system.api.call('POST', '/v1/admin/dead-letters/replay', filter)
  expect(status).toBe(202)
  return replayed(headers.get('location') ?? '')
}

function keep(accepted: string[]) {
  return expectKept({ ...system, accepted, received: () => system.sandbox.received() })
}

test('the list says which target, which event, and why: refused is apart from exhausted', async () => {
  const [id] = await die(1)
  const letters = await system.api.deadLetters()
  expect(
    letters.map(({ target, reason, attempts, eventId }) => ({ target, reason, attempts, eventId })),
  ).toEqual(
    expect.arrayContaining([
      { target: 'crm', reason: 'rejected', attempts: 1, eventId: id },
      { target: 'email', reason: 'exhausted', attempts: 2, eventId: id },
    ]),
  )
})

test('filters by target, type, reason and time, and pages by cursor', async () => {
  await die(3)
  await die(2, 'order.changed')
  const count = async (query: string) => (await system.api.deadLetters(query)).length
  expect(await count('?target=crm')).toBe(5)
  expect(await count('?type=order.changed')).toBe(4)
  expect(await count('?reason=rejected&type=order.placed')).toBe(3)
  expect(await count('?reason=expired')).toBe(0)
  expect(await count(`?before=2020-01-01T00:00:00Z`)).toBe(0)
  expect(await count(`?after=2020-01-01T00:00:00Z&target=email`)).toBe(5)

  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const path: string = `/v1/admin/dead-letters?limit=3&target=crm${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { body }: { body: PageAnswer<DeadLetterAnswer> } = await system.api.call('GET', path)
    seen.push(...body.items.map((letter) => letter.id))
    cursor = body.nextCursor
  }
  expect(seen).toHaveLength(5)
  expect(new Set(seen).size).toBe(5)
})

test("one dead letter shows its event's data and its own attempts", async () => {
  const [id] = await die(1)
  const { body } = await system.api.call('GET', `/v1/admin/dead-letters/${String(id)}-email`)
  expect(body).toMatchObject({
    id: `${String(id)}-email`,
    data: { n: 0 },
    reason: 'exhausted',
    attempts: [
      { number: 1, target: 'email', httpStatus: 503 },
      { number: 2, target: 'email', httpStatus: 503 },
    ],
  })
})

test('a replay has all its attempts again, keeps counting them, and can die again', async () => {
  const [id] = await die(1)
  const path = `/v1/admin/dead-letters/${String(id)}-email`
  expect((await system.api.call('POST', `${path}/replay`)).status).toBe(202)
  const again = await eventually('it to die again', async () => {
    const { status, body } = await system.api.call<DeadLetterAnswer>('GET', path)
    return status === 200 && body.generation === 2 ? body : undefined
  })
  expect(again).toMatchObject({ reason: 'exhausted', generation: 2 })
  expect(
    (await system.api.attempts(String(id))).filter((one) => one.target === 'email').map((one) => one.number),
  ).toEqual([1, 2, 3, 4])
  await keep([String(id)])
})

test('two replays of one dead letter at once: one is taken, the other told that it is not dead', async () => {
  const [id] = await die(1)
  system.sandbox.behave('crm', '/ok')
  const path = `/v1/admin/dead-letters/${String(id)}-crm/replay`
  const answers = await Promise.all([1, 2].map(() => system.api.call<ProblemAnswer>('POST', path)))
  expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409])
  expect(answers.find((answer) => answer.status === 409)?.body.code).toBe('delivery-not-dead')
  await keep([String(id)])
})

test('a discarded dead letter is gone from the list, its delivery is discarded, and it cannot be replayed', async () => {
  const [id] = await die(1)
  const path = `/v1/admin/dead-letters/${String(id)}-crm`
  expect((await system.api.call('DELETE', path)).status).toBe(204)
  expect((await system.api.call('GET', path)).status).toBe(404)
  expect((await system.api.call('POST', `${path}/replay`)).status).toBe(409)
  expect((await system.api.call('DELETE', path)).status).toBe(409)
  const [event] = await keep([String(id)])
  expect(event?.deliveries.map(({ target, status }) => [target, status])).toEqual([
    ['crm', 'discarded'],
    ['email', 'dead'],
  ])
})

test('a replay by filter takes what matches, and nothing else', async () => {
  const placed = await die(4)
  const changed = await die(3, 'order.changed')
  system.sandbox.behave('crm', '/ok')
  system.sandbox.behave('email', '/ok')
  expect(await replayBy({ target: 'crm', type: 'order.placed' })).toMatchObject({
    matched: 4,
    replayed: 4,
    failed: 0,
  })
  const events = await keep([...placed, ...changed])
  const done = events.flatMap((event) => event.deliveries.filter((one) => one.status === 'delivered'))
  expect(done.map((one) => [one.target, one.generation])).toEqual(Array.from({ length: 4 }, () => ['crm', 2]))
})

test('a replay of what dies again takes each dead letter once', async () => {
  const ids = await die(5)
  expect(await replayBy({ target: 'crm' })).toMatchObject({ matched: 5, replayed: 5, failed: 0 })
  const events = await keep(ids)
  expect(events.map((event) => event.deliveries.find((one) => one.target === 'crm')?.generation)).toEqual([
    2, 2, 2, 2, 2,
  ])
})

test('a limit takes the oldest', async () => {
  const first = await die(2)
  const later = await die(2)
  system.sandbox.behave('crm', '/ok')
  expect(await replayBy({ target: 'crm', limit: 2 })).toMatchObject({ matched: 2, replayed: 2 })
  const events = await keep([...first, ...later])
  const crm = events.map((event) => event.deliveries.find((one) => one.target === 'crm')?.status)
  expect(crm).toEqual(['delivered', 'delivered', 'dead', 'dead'])
})

test('a rate is kept, and the progress can be read meanwhile', async () => {
  const ids = await die(6)
  system.sandbox.behave('crm', '/ok')
  const startedAt = Date.now()
  const { headers } = await system.api.call('POST', '/v1/admin/dead-letters/replay', {
    target: 'crm',
    ratePerSecond: 5,
  })
  const location = headers.get('location') ?? ''
  await eventually('a part to be done', async () => {
    const { body } = await system.api.call<ReplayAnswer>('GET', location)
    return body.status === 'running' && body.matched === 6 && body.replayed > 0 && body.replayed < 6
  })
  expect(await replayed(location)).toMatchObject({ matched: 6, replayed: 6 })
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000)
  await keep(ids)
})

test('a rate below one is kept too, and a slow replay holds up no other', async () => {
  const ids = await die(4)
  system.sandbox.behave('crm', '/ok')
  system.sandbox.behave('email', '/ok')
  const slow = { target: 'crm', ratePerSecond: 0.8 }
  const { headers } = await system.api.call('POST', '/v1/admin/dead-letters/replay', slow)
  const location = headers.get('location') ?? ''
  const progress = async () => (await system.api.call<ReplayAnswer>('GET', location)).body
  await eventually('the slow one to run', async () => (await progress()).replayed > 0)
  expect(await replayBy({ target: 'email' })).toMatchObject({ matched: 4, replayed: 4 })
  expect(await progress()).toMatchObject({ status: 'running', matched: 4 })
  expect(await replayed(location)).toMatchObject({ matched: 4, replayed: 4 })
  await keep(ids)
})

test('a letter to a target that is no longer configured is not replayed: nobody would deliver it', async () => {
  await recordEvent(system.store, {
    event: { id: 'evt_old', type: 'order.placed', source: 'test', subject: undefined, time: undefined },
    payload: '1',
    targets: ['erp'],
    ownId: false,
    fingerprint: 'f',
    idempotencyKey: undefined,
    trace: { traceId: '0'.repeat(32), flags: '00' },
  })
  const ref = { eventId: 'evt_old', target: 'erp', generation: 1 }
  const settlement = { kind: 'dead', reason: 'rejected' } as const
  await settleDelivery(system.store, { ref, fence: undefined, settlement, attempt: undefined })

  const single = await system.api.call<ProblemAnswer>('POST', '/v1/admin/dead-letters/evt_old-erp/replay')
  expect(single).toMatchObject({ status: 404, body: { code: 'target-not-found' } })
  const filter = await system.api.call<ProblemAnswer>('POST', '/v1/admin/dead-letters/replay', {
    target: 'erp',
  })
  expect(filter).toMatchObject({ status: 422, body: { errors: [{ path: 'target' }] } })
  expect(await replayBy({})).toMatchObject({ matched: 1, replayed: 0, failed: 1 })
  expect(await system.api.deadLetters('?target=erp')).toHaveLength(1)
})

test('replays yield to live traffic', async () => {
  const [id] = await die(1)
  for (const target of ['crm', 'email']) system.sandbox.behave(target, '/ok')
  await system.api.call('POST', '/v1/admin/targets/crm/pause')
  await system.api.call('POST', `/v1/admin/dead-letters/${String(id)}-crm/replay`)
  const live = await Promise.all(
    Array.from({ length: 120 }, (_, n) => system.api.post({ type: 'order.placed', data: n })),
  )
  const seen = system.sandbox.received('crm').length
  await system.api.call('POST', '/v1/admin/targets/crm/resume')
  await keep([String(id), ...live.map((answer) => answer.body.id)])
  const order = system.sandbox
    .received('crm')
    .slice(seen)
    .map((request) => request.headers['webhook-id'])
  // 50 are attempted at once: the replay, first in time, is not among the first 70.
  expect(order.indexOf(`${String(id)}-crm`)).toBeGreaterThan(70)
})
