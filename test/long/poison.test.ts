/** The other ways in which a delivery ends its worker, and what a replay of it comes to. test/faults/poison.test.ts has the first. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'
import { supervise, type Supervisor } from '../support/supervisor.ts'

/** As SUSPECT_AFTER_CRASHES has it; said again here, since it is what users are promised. */
const MOST_CRASHES = 3

const ENVIRONMENT = {
  MANIFOLD_CONFIG: fileURLToPath(new URL('../support/poison.config.ts', import.meta.url)),
}

let stage: FaultStage
let api: Api
let supervisor: Supervisor

beforeEach(async () => {
  stage = await setFaultStage()
  api = (await stage.producer(ENVIRONMENT)).api
})

afterEach(async () => {
  await supervisor.stop()
  await stage.close()
})

async function post(data: Record<string, unknown>): Promise<string> {
  const { status, body } = await api.post({ type: 'order.placed', data })
  expect(status).toBe(202)
  return body.id
}

async function replay(id: string): Promise<void> {
  expect(await api.call('POST', `/v1/admin/dead-letters/${id}-alpha/replay`)).toMatchObject({ status: 202 })
}

/** Good ones around a poison one, all under way at once. @returns their ids, the poison one's first */
async function postAround(how: string, good: number): Promise<string[]> {
  const events: Record<string, unknown>[] = Array.from({ length: good }, () => ({ slow: true }))
  events.splice(good / 2, 0, { how })
  const ids = await Promise.all(events.map(post))
  return [...ids.splice(good / 2, 1), ...ids]
}

/** Waits until all has settled, and checks that only the poison one is dead. */
async function expectOnlyPoisonIsDead(ids: readonly string[]): Promise<void> {
  const received = () => stage.sandbox.received()
  const [poison, ...good] = await expectKept({ ...stage, api, received, accepted: ids, crashed: true })
  expect(poison?.status).toBe('failed')
  expect(new Set(good.map(({ status }) => status))).toEqual(new Set(['delivered']))
}

test.each([
  ['throw-later', 10],
  ['never-end', 10],
])(
  'one of many that ends its worker by %s is dead as invalid after three workers; the others are delivered',
  async (how, good) => {
    const ids = await postAround(how, good)
    supervisor = supervise(stage, ENVIRONMENT)
    const [poison = ''] = ids
    const dead = await eventually(
      'the poison to be found',
      async () => {
        const event = await api.event(poison)
        return event.settledAt === null ? undefined : event
      },
      60_000,
    )
    expect(dead).toMatchObject({
      status: 'failed',
      deliveries: [{ status: 'dead', reason: 'invalid', attempts: 1 }],
    })
    expect(await api.attempts(poison)).toMatchObject([{ outcome: 'permanent', reason: 'worker-crashed' }])
    expect(supervisor.crashes()).toBeLessThanOrEqual(MOST_CRASHES)
    await expectOnlyPoisonIsDead(ids)
    expect(supervisor.crashes()).toBeLessThanOrEqual(MOST_CRASHES)
  },
  120_000,
)

test('a replay gives the poison one a new chance, which costs no worker', async () => {
  const id = await post({ how: 'exit' })
  supervisor = supervise(stage, ENVIRONMENT)
  const settled = () =>
    eventually('the event to settle', async () => {
      const event = await api.event(id)
      return event.settledAt === null ? undefined : event
    })
  expect(await settled()).toMatchObject({ deliveries: [{ status: 'dead', reason: 'invalid' }] })
  const crashes = supervisor.crashes()
  await replay(id)
  expect(await settled()).toMatchObject({
    deliveries: [{ status: 'dead', reason: 'invalid', generation: 2 }],
  })
  stage.sandbox.behave('alpha', '/status/201')
  await replay(id)
  expect(await settled()).toMatchObject({ deliveries: [{ status: 'delivered', generation: 3 }] })
  expect(supervisor.crashes()).toBe(crashes)
})
