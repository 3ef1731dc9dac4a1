/** The synchronous form: `Prefer: wait` on a POST is answered with what all targets came to. */
import { afterAll, beforeAll, expect, test } from 'vitest'
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
      targets: ['crm', 'email', 'slow'].map((name) => ({
        ...QUICK,
        name,
        url: `${api.url}/${name}`,
        captureResponse: true,
      })),
    }),
  })
})

afterAll(async () => {
  await system.close()
  await api.close()
})

type Result = {
  id: string
  status: string
  deliveries: { target: string; status: string; response: unknown }[]
}

const send = (prefer: string, targets: string[], headers: Record<string, string> = {}) =>
  system.api.post<Result>({ type: 'order.placed', data: {}, targets }, { prefer, ...headers })

test('a POST that waits is answered with the aggregate as soon as all targets have settled', async () => {
  api.on('/crm', { status: 200, body: '"hello"', headers: { 'content-type': 'application/json' } })
  api.on('/email', { status: 400, body: 'no' })
  const { status, headers, body } = await send('wait=30', ['crm', 'email'])
  expect(status).toBe(200)
  expect(headers.get('preference-applied')).toBe('wait=30')
  expect(headers.get('vary')).toContain('Prefer')
  expect(headers.get('location')).toBe(`/v1/events/${body.id}`)
  expect(body).toMatchObject({
    status: 'partially_delivered',
    deliveries: [
      { target: 'crm', status: 'delivered', response: { body: 'hello' } },
      { target: 'email', status: 'dead', response: { body: 'no' } },
    ],
  })
  expect((await system.api.event(body.id)).status).toBe(body.status)
})

test('when the time is up the answer is 202, as far as it has come, and the work goes on', async () => {
  const gate = createGate()
  api.on('/slow', gate.script)
  api.on('/crm', { status: 200 })
  const { status, headers, body } = await send('wait=1', ['crm', 'slow'])
  expect(status).toBe(202)
  expect(headers.get('preference-applied')).toBe('wait=1')
  expect(body).toMatchObject({
    status: 'pending',
    deliveries: [{ status: 'delivered' }, { status: 'pending' }],
  })
  gate.open()
  await eventually(
    'the event to settle',
    async () => (await system.api.event(body.id)).status === 'delivered',
  )
})

test('a request sent again while the first one waits gets the same answer', async () => {
  const gate = createGate()
  api.on('/slow', gate.script)
  const key = { 'idempotency-key': 'twice' }
  const both = [send('wait=30', ['slow'], key), send('wait=30', ['slow'], key)]
  await eventually('the delivery to be under way', () => gate.waiting() === 1)
  gate.open()
  const [first, second] = await Promise.all(both)
  expect([first?.status, second?.status]).toEqual([200, 200])
  expect(first?.body).toEqual(second?.body)
})

test('an event that nobody wants is settled at once', async () => {
  const { status, body } = await system.api.post<Result>(
    { type: 'nobody.wants', data: {} },
    { prefer: 'wait=30' },
  )
  expect([status, body.status, body.deliveries]).toEqual([200, 'unrouted', []])
})

test.each(['wait=-1', 'wait=soon', 'wait', 'return=minimal', 'wait=1.5', ''])(
  'a preference that is not understood (%s) is no preference',
  async (prefer) => {
    const { status, headers } = await send(prefer, ['crm'])
    expect(status).toBe(202)
    expect(headers.get('preference-applied')).toBeNull()
    expect(headers.get('vary')).toContain('Prefer')
  },
)

test('a longer wait than is possible is cut, and the answer says so', async () => {
  const { status, headers } = await send('respond-async, wait=3600; x=y', ['crm'])
  expect([status, headers.get('preference-applied')]).toEqual([200, 'wait=60'])
})

test('an answer that nests deeper than an event may is kept as text, and counts like any other', async () => {
  const deep = `${'{"1":'.repeat(9_000)}1${'}'.repeat(9_000)}`
  api.on('/crm', { status: 200, body: deep, headers: { 'content-type': 'application/json' } })
  const { status, body } = await send('wait=10', ['crm'])
  expect([status, body.status]).toEqual([200, 'delivered'])
  expect(body.deliveries[0]?.response).toMatchObject({ body: deep, truncated: false })
  expect(
    api.received('/crm').filter(({ headers }) => headers['webhook-id'] === `${body.id}-crm`),
  ).toHaveLength(1)
  api.on('/crm', { status: 200 })
})

test.each([
  ['not JSON', { 'content-type': 'text/plain' }, 415],
  ['with an unusable key', { 'content-type': 'application/json', 'idempotency-key': 'x'.repeat(300) }, 400],
  ['cut off', { 'content-type': 'application/json' }, 400],
])(
  'a POST that is refused, %s, says all the same that it depends on Prefer',
  async (_what, headers, status) => {
    const answer = await fetch(`${system.url}/v1/events`, { method: 'POST', headers, body: '{' })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('vary')).toContain('Prefer')
  },
)
