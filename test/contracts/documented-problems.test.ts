/** What goes wrong goes wrong as documented: every code that an operation lists can be met, and no other. */
import { createHmac } from 'node:crypto'
import type { ProblemCode } from '@manifold/domain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { examplesOf, type Operation } from '../../apps/producer/src/contract/operation.ts'
import { OPERATIONS } from '../../apps/producer/src/contract/operations/index.ts'
import { parametersIn, PATH_PARAMETERS } from '../../apps/producer/src/contract/path-parameters.ts'
import { problemsOf } from '../../apps/producer/src/contract/problems-of.ts'
import { queryProperties } from '../../apps/producer/src/contract/schemas.ts'
import {
  MAX_BODY_BYTES,
  setContractStage,
  settledEvent,
  type ContractStage,
  type Request,
} from '../support/contract-stage.ts'
import { eventually } from '../support/eventually.ts'

let stage: ContractStage

beforeAll(async () => {
  stage = await setContractStage()
})

afterAll(() => stage.close())

/** Codes that take a fault to be met; other tests make these faults. */
const TAKES_A_FAULT: ReadonlySet<ProblemCode> = new Set([
  'internal-error',
  'request-aborted',
  'too-many-followers',
  'newer-record',
])

/** Its target takes one that waits. */
const CAPPED_EVENT = { type: 'order.placed', data: 1, targets: ['capped'], delayMs: 3_600_000 }

/** Codes that take another config or another way of asking. */
const ELSEWHERE: Readonly<Record<string, readonly ProblemCode[]>> = {
  // A webhook is routed as an event is.
  receiveWebhook: ['target-overloaded'],
  replayDeadLetter: ['target-not-found'],
  discardDeadLetter: ['target-not-found'],
}

const met = new Map<string, Set<string>>()

/** Sends it, checks that the answer is as documented, and notes its code. */
async function provoke(operation: Operation, request: Request): Promise<void> {
  const answer = await stage.send(operation, { ...request, leaveStream: true })
  const faults = stage.contract.faultsOf(operation.path, operation.method, answer)
  expect(faults, `${JSON.stringify(request)} → ${answer.text}`).toEqual([])
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) return
  const { code } = JSON.parse(answer.text) as { code: string }
  met.set(operation.id, (met.get(operation.id) ?? new Set()).add(code))
}

/** The request of its first example, with live values in the path. */
async function goodRequest(operation: Operation): Promise<Request> {
  const { body, headers = {} } = examplesOf(operation)[0] ?? {}
  return { path: await stage.pathOf(operation), headers, ...(body === undefined ? {} : { body }) }
}

/** Bodies that are wrong as bytes or as JSON, whatever is asked for. */
function wrongBodies(type: string): NonNullable<Request['body']>[] {
  const deep = `${'['.repeat(70)}${']'.repeat(70)}`
  return [
    ...['', '{', '[]', '7', '{}', '{"nonsense":1}', '{"limit":12345678901234567890}'].map((value) => ({
      type,
      value,
    })),
    { type, value: Uint8Array.of(0x22, 0xff, 0x22) },
    { type, value: `{"type":"order.placed","data":${deep}}` },
    { type, value: `"${'x'.repeat(MAX_BODY_BYTES)}"` },
    { type: 'text/plain', value: '{}' },
    { type: `${type}; charset=latin1`, value: '{}' },
  ]
}

/** Values that some parameter does not take. */
const WRONG_VALUES = ['', '-1', '0', 'nonsense', '2026-31-01']

/** What is wrong with one operation only: states and names. */
const OWN: Readonly<Record<string, (operation: Operation) => Promise<Request[]>>> = {
  publishEvent: async () => {
    const id = await settledEvent(stage.api, 'crm')
    const event = { type: 'order.placed', data: 1 }
    const post = (value: object, headers = {}): Request => ({
      path: {},
      headers,
      body: { type: 'application/json', value },
    })
    const key = { 'Idempotency-Key': 'used' }
    return [
      post({ ...event, id }),
      post({ ...event, targets: ['nobody'] }),
      post(event, { 'Idempotency-Key': 'ä' }),
      post(event, key),
      post({ ...event, data: 2 }, key),
      { path: {}, body: { type: 'application/cloudevents+json', value: { specversion: '2.0' } } },
    ]
  },
  publishBatch: () =>
    Promise.resolve([
      {
        path: {},
        headers: { 'Idempotency-Key': 'ä' },
        body: { type: 'application/json', value: [{ type: 'order.placed', data: 1 }] },
      },
    ]),
  receiveWebhook: () =>
    Promise.resolve([
      signed('{"id":"push-1","ref":"one"}'),
      signed('{"id":"push-1","ref":"other"}'),
      signed('{}'),
      signed('{'),
      signed(Uint8Array.of(0x22, 0xff, 0x22)),
      { ...signed('{}'), headers: { 'Content-Encoding': 'compress' } },
    ]),
  cancelEvent: async (operation) => [{ path: await stage.pathOf(operation) }],
  replayDeadLetter: notDead,
  discardDeadLetter: notDead,
  replayByFilter: () =>
    Promise.resolve([{ path: {}, body: { type: 'application/json', value: { target: 'nobody' } } }]),
}

/** As GitHub signs, with the secret of the stage. */
function signed(value: string | Uint8Array): Request {
  const signature = createHmac('sha256', 'example').update(value).digest('hex')
  return {
    path: { source: 'github' },
    headers: { 'X-Hub-Signature-256': `sha256=${signature}` },
    body: { type: 'application/json', value },
  }
}

async function notDead(): Promise<Request[]> {
  return [{ path: { deliveryId: `${await settledEvent(stage.api, 'crm')}-crm` } }]
}

test.each(OPERATIONS.map((operation) => ({ title: operation.id, operation })))(
  '$title: a bad request meets a documented problem',
  async ({ operation }) => {
    const good = await goodRequest(operation)
    if (operation.scope !== 'none') {
      await provoke(operation, { ...good, headers: { authorization: 'Bearer nobody' } })
      await provoke(operation, { ...good, headers: stage.withoutScope(operation.scope) })
      await provoke(operation, { ...good, headers: stage.uncheckable })
      await provoke(operation, { ...good, headers: await stage.exhausted() })
      await provoke(operation, { ...good, headers: stage.ofOtherTypes })
    }
    for (const name of parametersIn(operation.path)) {
      for (const value of ['nobody-there', '%zz'])
        await provoke(operation, { ...good, path: { ...good.path, [name]: value } })
    }
    if (operation.query !== undefined) {
      for (const { name } of [...queryProperties(operation.query), { name: 'nonsense' }]) {
        for (const value of WRONG_VALUES) await provoke(operation, { ...good, query: { [name]: value } })
      }
    }
    for (const type of Object.keys(operation.body ?? {})) {
      for (const body of wrongBodies(type)) await provoke(operation, { ...good, body })
    }
    for (const request of (await OWN[operation.id]?.(operation)) ?? []) await provoke(operation, request)
  },
)

test('a method that a path does not take is refused, with those that it takes', async () => {
  for (const path of new Set(OPERATIONS.map((operation) => operation.path))) {
    const here = OPERATIONS.filter((operation) => operation.path === path)
    // An event may be called `batch`: its path takes what an event's does, too.
    if (path === '/v1/events/batch') continue
    const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => PATH_PARAMETERS[name]?.example ?? '')
    const response = await fetch(stage.system.url + filled, {
      method: 'PATCH',
      headers: stage.authorized,
    })
    expect(response.status, path).toBe(405)
    const allowed = response.headers.get('allow')?.toLowerCase().split(', ').sort()
    expect(allowed, path).toEqual(here.map(({ method }) => method).sort())
    for (const { id } of here) met.set(id, (met.get(id) ?? new Set()).add('method-not-allowed'))
  }
})

test('while too much waits, operations that bring events answer as documented', async () => {
  const bringing = OPERATIONS.filter(({ problems }) => problems.includes('overloaded'))
  const requests = new Map<Operation, Request>()
  for (const operation of bringing) requests.set(operation, await goodRequest(operation))
  const capped = { path: {}, body: { type: 'application/json', value: CAPPED_EVENT } }
  const [publish] = OPERATIONS.filter(({ id }) => id === 'publishEvent')
  if (publish === undefined) throw new Error('nothing publishes')
  for (let count = 0; count < 2; count++) await provoke(publish, capped)
  const { redis } = stage.system.store
  await redis.config('SET', 'maxmemory', '1')
  try {
    for (const [operation, request] of requests) {
      await eventually(`${operation.id} to be refused`, async () => {
        await provoke(operation, request)
        return met.get(operation.id)?.has('overloaded') === true
      })
    }
  } finally {
    await redis.config('SET', 'maxmemory', '0')
  }
  await eventually('intake to be back', async () => (await stage.api.post(CAPPED_EVENT)).status === 429)
})

test('without Redis every operation answers as documented', async () => {
  const requests = new Map<Operation, Request>()
  for (const operation of OPERATIONS) requests.set(operation, await goodRequest(operation))
  await stage.system.redis.kill()
  try {
    for (const [operation, request] of requests) await provoke(operation, request)
  } finally {
    await stage.system.redis.start()
  }
})

test('every problem that is documented was met', () => {
  const missing = OPERATIONS.flatMap((operation) =>
    [...problemsOf(operation).values()]
      .flat()
      .filter((code) => met.get(operation.id)?.has(code) !== true)
      .filter((code) => !TAKES_A_FAULT.has(code) && ELSEWHERE[operation.id]?.includes(code) !== true)
      .map((code) => `${operation.id} ${code}`),
  )
  expect(missing).toEqual([])
})
