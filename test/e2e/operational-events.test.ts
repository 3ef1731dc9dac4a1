/** What Manifold tells of its own work: each happening once, to those who ask for it, and nothing about the telling. */
import type { ConfigDefinition } from '@manifold/config'
import { outboxSize, readEvents, settleDelivery } from '@manifold/store'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System, type SystemOptions } from '../support/system.ts'

let system: System | undefined

afterEach(async () => {
  await system?.close()
  system = undefined
})

async function start(
  targets: (url: string) => ConfigDefinition['targets'],
  more: Omit<SystemOptions, 'config'> = {},
): Promise<System> {
  system = await startSystem({ config: (url) => ({ targets: targets(url) }), ...more })
  return system
}

type Told = { id: string; type: string; subject: string; data: Record<string, unknown> }

/** Operational events that a target got, those of one type or all. */
function toldTo({ sandbox }: System, target: string, type?: string): Told[] {
  const events = sandbox.received(target).map(({ body }) => body as Told)
  return type === undefined ? events : events.filter((event) => event.type === type)
}

const order = { type: 'order.placed', data: { secret: 'of the user' } }

test('a dead letter is told once to whoever subscribes to it, and to nobody by a wildcard', async () => {
  const own = await start((url) => [
    { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/status/422` },
    { name: 'slack', subscribe: ['manifold.delivery.dead'], url: `${url}/t/slack/ok` },
    { name: 'all', subscribe: ['**', '*.*.*'], url: `${url}/t/all/ok` },
  ])
  const { body } = await own.api.post({ ...order, targets: ['crm'] })
  const [told] = await eventually('it to be told', () => {
    const all = toldTo(own, 'slack')
    return all.length > 0 && all
  })
  expect(told).toMatchObject({
    id: `manifold!dead.${body.id}.crm.1`,
    type: 'manifold.delivery.dead',
    source: 'manifold',
    subject: `${body.id}-crm`,
    data: {
      target: 'crm',
      deliveryId: `${body.id}-crm`,
      eventId: body.id,
      eventType: 'order.placed',
      generation: 1,
      reason: 'rejected',
      attempts: 1,
      lastHttpStatus: 422,
    },
  })
  expect(JSON.stringify(told)).not.toContain('of the user')

  await own.api.post(order)
  await eventually('the second', () => toldTo(own, 'slack').length === 2)
  expect(toldTo(own, 'all').map(({ type }) => type)).toEqual(['order.placed'])
  await eventually('the outbox to be empty', async () => (await outboxSize(own.store)) === 0)
})

test('a replay that dies again is told again, as it is another generation', async () => {
  const own = await start((url) => [
    { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/status/422` },
    { name: 'slack', subscribe: ['manifold.**'], url: `${url}/t/slack/ok` },
  ])
  const { body } = await own.api.post(order)
  await eventually('the first', () => toldTo(own, 'slack').length === 1)
  await own.api.call('POST', `/v1/admin/dead-letters/${body.id}-crm/replay`)
  const told = await eventually('the second', () => {
    const all = toldTo(own, 'slack')
    return all.length === 2 && all
  })
  expect(told.map(({ id }) => id)).toEqual([1, 2].map((n) => `manifold!dead.${body.id}.crm.${String(n)}`))
})

test('a dead letter whose worker crashed right behind the settlement is told all the same', async () => {
  const own = await start(
    (url) => [
      { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/ok` },
      { name: 'slack', subscribe: ['manifold.delivery.dead'], url: `${url}/t/slack/ok` },
    ],
    { withWorker: false },
  )
  const { body } = await own.api.post(order)
  const ref = { eventId: body.id, target: 'crm', generation: 1 }
  const settlement = { kind: 'dead', reason: 'exhausted' } as const
  // The script is all that a worker got to.
  await settleDelivery(
    own.store,
    { ref, fence: undefined, settlement, attempt: undefined },
    undefined,
    new Set(['dead']),
  )
  await own.work('slack')
  await eventually('it to be told', () => toldTo(own, 'slack').length === 1)
  expect(toldTo(own, 'slack')[0]?.data).toMatchObject({
    reason: 'exhausted',
    attempts: 0,
    lastHttpStatus: null,
  })
})

test('a breaker that opens is told once, however many probes fail, and so is its end', async () => {
  const own = await start((url) => [
    {
      name: 'crm',
      subscribe: ['order.*'],
      url: `${url}/t/crm/status/503`,
      breaker: { minimumAttempts: 2, openMs: 100 },
      retry: { baseDelayMs: 20, maxDelayMs: 50, maxAttempts: 100 },
    },
    { name: 'slack', subscribe: ['manifold.target.*'], url: `${url}/t/slack/ok` },
  ])
  for (let count = 0; count < 3; count++) await own.api.post(order)
  await eventually('the opening to be told', () => toldTo(own, 'slack').length === 1)
  await eventually('some probes', () => own.sandbox.received('crm').length > 6)
  own.sandbox.behave('crm', 'ok')
  await eventually('the end to be told', () => toldTo(own, 'slack', 'manifold.target.recovered').length === 1)
  const [opened, recovered, ...others] = toldTo(own, 'slack')
  expect(others).toEqual([])
  expect(opened).toMatchObject({
    type: 'manifold.target.opened',
    subject: 'crm',
    data: { target: 'crm', openMs: 100, lastHttpStatus: 503 },
  })
  expect(recovered?.data['openedAt']).toBe(opened?.data['openedAt'])
  expect(recovered?.data['downMs']).toBeGreaterThan(0)
})

test('the end of an opening that was told is told also when somebody resets the breaker, and once', async () => {
  const own = await start((url) => [
    {
      name: 'crm',
      subscribe: ['order.*'],
      url: `${url}/t/crm/status/503`,
      breaker: { minimumAttempts: 1, openMs: 600_000 },
      retry: { baseDelayMs: 600_000, maxDelayMs: 600_000 },
    },
    { name: 'slack', subscribe: ['manifold.target.*'], url: `${url}/t/slack/ok` },
  ])
  await own.api.post(order)
  await eventually('the opening to be told', () => toldTo(own, 'slack').length === 1)
  for (let count = 0; count < 2; count++)
    expect((await own.api.call('POST', '/v1/admin/targets/crm/breaker/reset')).status).toBe(200)
  await eventually('the end to be told', () => toldTo(own, 'slack').length === 2)
  const [opened, recovered] = toldTo(own, 'slack')
  const openedAt = opened?.data['openedAt']
  expect(recovered).toMatchObject({
    id: `manifold!recovered.crm.${String(Date.parse(String(openedAt)))}`,
    type: 'manifold.target.recovered',
    subject: 'crm',
    data: { target: 'crm', deliveryId: null, eventId: null, eventType: null, openedAt },
  })
  await eventually('the outbox to be empty', async () => (await outboxSize(own.store)) === 0)
  const alerts = await own.api.call<{ items: unknown[] }>('GET', '/v1/events?type=manifold.target.recovered')
  expect(alerts.body.items).toHaveLength(1)
})

test('of many deaths at once 20 are told, the last with until when no other is; all are dead letters', async () => {
  const own = await start((url) => [
    { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/status/422` },
    { name: 'slack', subscribe: ['manifold.delivery.dead'], url: `${url}/t/slack/ok` },
  ])
  for (let count = 0; count < 40; count++) await own.api.post(order)
  await eventually('all to be dead', async () => {
    const { body } = await own.api.call<{ items: unknown[] }>('GET', '/v1/admin/dead-letters?limit=100')
    return body.items.length === 40
  })
  await eventually('the outbox to be empty', async () => (await outboxSize(own.store)) === 0)
  await eventually('20 to be told', () => toldTo(own, 'slack').length === 20)
  const untils = toldTo(own, 'slack').map(({ data }) => data['untoldUntil'])
  expect(untils.filter((until) => until !== null)).toEqual([expect.stringMatching(/Z$/)])
  const told = await own.api.call<{ items: unknown[] }>(
    'GET',
    '/v1/events?type=manifold.delivery.dead&limit=100',
  )
  expect(told.body.items).toHaveLength(20)
})

test('a target that is gone is told once, and as a dead letter', async () => {
  const own = await start((url) => [
    { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/status/410` },
    { name: 'slack', subscribe: ['manifold.**'], url: `${url}/t/slack/ok` },
  ])
  await own.api.post(order)
  await eventually('both to be told', () => toldTo(own, 'slack').length === 2)
  const types = toldTo(own, 'slack').map(({ type }) => type)
  expect(types.sort()).toEqual(['manifold.delivery.dead', 'manifold.target.gone'])
})

test('a backlog at its limit is told once for all producers, until it has gone down', async () => {
  const own = await start(
    (url) => [
      { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/ok`, maxBacklog: 2 },
      { name: 'slack', subscribe: ['manifold.backlog.high'], url: `${url}/t/slack/ok`, maxBacklog: 1 },
    ],
    { withWorker: false },
  )
  await own.work('slack')
  const fill = () =>
    eventually('a refusal', async () => {
      const { status } = await own.api.post(order)
      return status === 429
    })
  await fill()
  const [told] = await eventually('it to be told', () => {
    const all = toldTo(own, 'slack')
    return all.length > 0 && all
  })
  expect(told?.data).toMatchObject({ target: 'crm', backlog: 2, limit: 2 })
  await own.work('crm')
  await eventually('intake to be back', async () => (await own.api.post(order)).status === 202)
  expect(toldTo(own, 'slack')).toHaveLength(1)
})

test('nothing is told of what happens to operational events: an alert target that is down makes no more of them', async () => {
  const own = await start((url) => [
    { name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/status/422` },
    ...['slack', 'pager'].map((name) => ({
      name,
      subscribe: ['manifold.**'],
      url: `${url}/t/${name}/status/500`,
      breaker: { minimumAttempts: 1, openMs: 30 },
      retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 5 },
      maxBacklog: 1,
    })),
  ])
  const ids: string[] = []
  for (let count = 0; count < 3; count++) ids.push((await own.api.post(order)).body.id)
  const alerts = ids.map((id) => `manifold!dead.${id}.crm.1`)
  await eventually('the alerts to be dead themselves', async () => {
    const events = await readEvents(own.store, alerts)
    return events.every((event) => event?.status === 'failed')
  })
  await eventually('the outbox to be empty', async () => (await outboxSize(own.store)) === 0)
  const { body } = await own.api.call<{ items: { id: string }[] }>('GET', '/v1/events?limit=100')
  expect(body.items.map(({ id }) => id).sort()).toEqual([...ids, ...alerts].sort())
  expect(own.sandbox.received('slack').length).toBeGreaterThan(0)
})

test('callers may not send events of types that are Manifold’s own', async () => {
  const own = await start(
    (url) => [{ name: 'slack', subscribe: ['manifold.**'], url: `${url}/t/slack/ok` }],
    {
      withWorker: false,
    },
  )
  for (const type of ['manifold', 'manifold.delivery.dead', 'manifold.mine']) {
    const { status, body } = await own.api.post<{ code: string; errors: { path: string }[] }>({
      type,
      data: 1,
    })
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'invalid-event', errors: [{ path: 'type' }] })
  }
  expect((await own.api.post({ type: 'manifolds.mine', data: 1 })).status).toBe(202)
})
