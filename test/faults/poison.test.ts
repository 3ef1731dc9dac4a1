/** A delivery that ends every worker that tries it is found, and buried alone: the queue goes on, and nobody else is blamed. */
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

test.each([['exit', 60]])(
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

test('workers killed again and again with a slow delivery in hand bury nothing', async () => {
  stage.sandbox.behave('alpha', '/hang')
  const id = await post({})
  supervisor = supervise(stage, ENVIRONMENT)
  // Twice as often as it takes to be suspected: then it is tried in a process of its own, which ends with its worker.
  for (let kill = 1; kill <= 2 * MOST_CRASHES; kill++) {
    await eventually('the request to arrive', () => stage.sandbox.received().length >= kill)
    const killed = supervisor.current()
    killed?.kill('SIGKILL')
    await killed?.ended
  }
  stage.sandbox.behave('alpha', '/ok')
  const [event] = await expectKept({
    ...stage,
    api,
    received: () => stage.sandbox.received(),
    accepted: [id],
    crashed: true,
  })
  expect(event?.status).toBe('delivered')
}, 60_000)
