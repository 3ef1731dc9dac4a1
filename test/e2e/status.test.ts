/** An event's status: polled, waited for, and as one result. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventAnswer, ProblemAnswer } from '../support/api.ts'
import { QUICK } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'
import { createGate } from '../support/gate.ts'
import { startScriptedApi, type ScriptedApi } from '../support/scripted-api.ts'
import { startSystem, type System } from '../support/system.ts'

let api: ScriptedApi
let system: System

beforeAll(async () => {
  api = await startScriptedApi()
  system = await startSystem({
    config: () => ({
      targets: [
        { ...QUICK, name: 'crm', url: `${api.url}/crm`, captureResponse: true },
        { ...QUICK, name: 'email', url: `${api.url}/email` },
        { ...QUICK, name: 'audit', url: `${api.url}/audit`, required: false, captureResponse: true },
      ],
    }),
  })
})

afterAll(async () => {
  await system.close()
  await api.close()
})

type Links = { self: string; stream: string; result: string }

const get = (path: string, headers: Record<string, string> = {}) => fetch(system.url + path, { headers })

/** Callers that wait, as the metrics tell. */
async function followers(): Promise<number> {
  const metrics = await (await get('/metrics')).text()
  return Number(/^manifold_followers(?:\{.*\})? (\d+)$/m.exec(metrics)?.[1])
}

/** Posts an event whose delivery is under way and stays so until the gate opens. */
async function postHeld(target = 'crm') {
  const gate = createGate()
  api.on(`/${target}`, gate.script)
  const { body } = await system.api.post({ type: 'order.placed', data: {}, targets: [target] })
  await eventually('the delivery to be under way', () => gate.waiting() === 1)
  return { gate, path: `/v1/events/${body.id}` }
}

test('the 202 says where the event is looked at, followed and answered for, and when to look', async () => {
  const { status, headers, body } = await system.api.post<EventAnswer & { links: Links }>({
    type: 'order.placed',
    data: {},
    targets: ['email'],
  })
  expect(status).toBe(202)
  const self = `/v1/events/${body.id}`
  expect(body.links).toEqual({ self, stream: `${self}/stream`, result: `${self}/result` })
  expect(headers.get('location')).toBe(self)
  expect(headers.get('retry-after')).toBe('1')
})

test('a status that has not changed is 304, one that has is told with a new tag', async () => {
  const { gate, path } = await postHeld()
  const first = await get(path)
  const etag = first.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[\w-]+"$/)
  expect(first.headers.get('retry-after')).toBe('1')
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get(path, { 'if-none-match': header })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect(again.headers.get('etag')).toBe(etag)
  }
  gate.open()
  const settled = await eventually('a new status', async () => {
    const answer = await get(path, { 'if-none-match': etag })
    return answer.status === 200 && answer
  })
  expect(settled.headers.get('etag')).not.toBe(etag)
  expect(settled.headers.get('retry-after')).toBeNull()
})

test('a wait ends as soon as the event settles', async () => {
  const { gate, path } = await postHeld()
  const waiting = get(`${path}?wait=60`)
  await eventually('the wait to begin', async () => (await followers()) === 1)
  gate.open()
  expect(((await (await waiting).json()) as EventAnswer).status).toBe('delivered')
})

test('a wait whose time is up answers with the present status', async () => {
  const { gate, path } = await postHeld()
  const answer = await get(`${path}?wait=1`)
  expect(answer.status).toBe(200)
  expect(((await answer.json()) as EventAnswer).status).toBe('pending')
  gate.open()
})

test('waiting for a change ends with the first one, and at once when the caller knows an older status', async () => {
  api.on('/crm', { status: 503 }, { status: 200 })
  const { body } = await system.api.post({ type: 'order.placed', data: {}, targets: ['crm'], delayMs: 300 })
  const path = `/v1/events/${body.id}`
  const first = await get(path)
  const etag = first.headers.get('etag') ?? ''
  const second = await get(`${path}?waitFor=change`, { 'if-none-match': etag })
  const changed = (await second.json()) as EventAnswer
  expect(changed.deliveries[0]?.attempts).toBe(1)
  expect((await get(`${path}?wait=60&waitFor=change`, { 'if-none-match': etag })).status).toBe(200)
  const settled = await get(`${path}?wait=60`)
  expect(((await settled.json()) as EventAnswer).status).toBe('delivered')
  expect((await get(`${path}?wait=60&waitFor=change`)).status).toBe(200)
})

test.each([
  'wait=61',
  'wait=-1',
  'wait=1.5',
  'wait=',
  'wait=soon',
  'wait=1&wait=2',
  'waitFor=ever',
  'wiat=3',
])('a wait of ?%s is a mistake with its name', async (query) => {
  const answer = await get(`/v1/events/evt_any?${query}`)
  expect(answer.status).toBe(400)
  const problem = (await answer.json()) as ProblemAnswer
  expect(problem.code).toBe('invalid-query')
  expect(problem.errors?.length).toBeGreaterThan(0)
})

test('waiting for an event that is not there is 404 at once', async () => {
  expect((await get('/v1/events/evt_none?wait=60')).status).toBe(404)
  expect((await get('/v1/events/evt_none?wait=60&waitFor=change')).status).toBe(404)
})

test('a waiter that vanishes frees what it held', async () => {
  const { gate, path } = await postHeld()
  const caller = new AbortController()
  const waiting = fetch(`${system.url}${path}?wait=60`, { signal: caller.signal })
  await eventually('the wait to begin', async () => (await followers()) === 1)
  caller.abort()
  await expect(waiting).rejects.toThrow()
  const line = await eventually('the request to be logged', () =>
    system.logs().find((one) => one['path'] === path && one['method'] === 'GET'),
  )
  expect(Number(line['durationMs'])).toBeLessThan(30_000)
  expect(await followers()).toBe(0)
  gate.open()
})

test('the result of an event is 202 while it is open, and then one answer for all its targets', async () => {
  const gate = createGate()
  api.on('/crm', gate.script)
  api.on('/email', { status: 422, body: 'no such address' })
  api.on('/audit', { status: 200, headers: { 'content-type': 'text/plain' }, body: 'noted' })
  const { body } = await system.api.post({
    type: 'order.placed',
    data: {},
    targets: ['crm', 'email', 'audit'],
  })
  const path = `/v1/events/${body.id}/result`
  const open = await get(path)
  expect([open.status, open.headers.get('retry-after'), open.headers.get('location')]).toEqual([
    202,
    '1',
    `/v1/events/${body.id}`,
  ])
  gate.open({ status: 201, headers: { 'content-type': 'application/json' }, body: '{"customer":7}' })
  await get(`/v1/events/${body.id}?wait=60`)

  const settled = await get(path)
  expect(settled.status).toBe(200)
  expect(await settled.json()).toMatchObject({
    id: body.id,
    status: 'partially_delivered',
    deliveries: [
      {
        target: 'crm',
        required: true,
        status: 'delivered',
        httpStatus: 201,
        attempts: 1,
        response: { contentType: 'application/json', body: { customer: 7 }, truncated: false },
      },
      { target: 'email', status: 'dead', httpStatus: 422, reason: 'rejected', response: null },
      {
        target: 'audit',
        required: false,
        status: 'delivered',
        response: { contentType: 'text/plain', body: 'noted', truncated: false },
      },
    ],
  })
  expect((await get('/v1/events/evt_none/result')).status).toBe(404)
})

test('a failure of an optional target is shown, and does not make the event fail', async () => {
  api.on('/crm', { status: 200 })
  api.on('/audit', { status: 422 })
  const { body } = await system.api.post({ type: 'order.placed', data: {}, targets: ['crm', 'audit'] })
  const settled = (await (await get(`/v1/events/${body.id}?wait=60`)).json()) as EventAnswer
  expect(settled.status).toBe('delivered')
  expect(settled.deliveries.map(({ status }) => status)).toEqual(['delivered', 'dead'])
})

test('an attempt without an answer shows none, though an earlier one had one', async () => {
  api.on('/crm', ({ earlier }) => {
    if (earlier === first) return { status: 500, body: 'broken' }
    return (response) => response.destroy()
  })
  const first = api.received('/crm').length
  const { body } = await system.api.post({ type: 'order.placed', data: {}, targets: ['crm'] })
  await get(`/v1/events/${body.id}?wait=30`)
  const result = (await (await get(`/v1/events/${body.id}/result`)).json()) as { deliveries: unknown[] }
  expect(result.deliveries).toMatchObject([{ status: 'dead', httpStatus: null, response: null }])
})
