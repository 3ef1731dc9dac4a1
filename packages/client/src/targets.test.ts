/** Targets and the list of events: what is asked for, and what may be asked twice. */
import { expect, test } from 'vitest'
import { patientClock, problem, scriptedManifold } from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'

const crm = { name: 'crm', paused: true, queue: {}, settings: {} }

test('a target is paused, resumed and looked at by its name', async () => {
  const { url, asked } = await scriptedManifold({ status: 200, body: crm })
  const { targets } = createClient({ url })
  expect(await targets.pause('crm')).toMatchObject({ name: 'crm', paused: true })
  await targets.resume('crm')
  await targets.get('crm')
  await targets.resetBreaker('crm')
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/admin/targets/crm/pause',
    'POST /v1/admin/targets/crm/resume',
    'GET /v1/admin/targets/crm',
    'POST /v1/admin/targets/crm/breaker/reset',
  ])
})

test('the list tells of removed targets; an older producer tells of none', async () => {
  const removed = [
    { name: 'old', removedAt: '2026-01-15T09:30:00.000Z', diesAt: null, queue: {}, inFlight: 0 },
  ]
  const { url } = await scriptedManifold(
    { status: 200, body: { items: [crm], removed, nextCursor: null } },
    { status: 200, body: { items: [crm], nextCursor: null } },
  )
  const { targets } = createClient({ url })
  expect(await targets.list()).toEqual({ items: [crm], removed })
  expect(await targets.list()).toEqual({ items: [crm], removed: [] })
})

test('pausing may be repeated: a lost answer is tried again', async () => {
  const { url, asked } = await scriptedManifold('hang-up', { status: 200, body: crm })
  await createClient({ url, clock: patientClock() }).targets.pause('crm')
  expect(asked).toHaveLength(2)
})

test('an unknown target is an error with its code', async () => {
  const { url } = await scriptedManifold({ status: 404, body: problem('target-not-found', 404) })
  await expect(createClient({ url }).targets.get('erp')).rejects.toMatchObject({ code: 'target-not-found' })
})

test('events are listed page by page under one filter', async () => {
  const { url, asked } = await scriptedManifold(
    { status: 200, body: { items: [{ id: 'a' }], nextCursor: 'next' } },
    { status: 200, body: { items: [{ id: 'b' }], nextCursor: null } },
  )
  const seen: string[] = []
  for await (const { id } of createClient({ url }).events.all({ status: 'failed' })) seen.push(id)
  expect(seen).toEqual(['a', 'b'])
  expect(asked.map(({ path }) => path)).toEqual([
    '/v1/events?status=failed&limit=200',
    '/v1/events?status=failed&limit=200&cursor=next',
  ])
})
