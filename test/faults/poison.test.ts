/** A delivery that ends every worker that tries it is found, and buried alone: the queue goes on, and nobody else is blamed. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'
import type { PartProcess } from '../support/part.ts'

/** As SUSPECT_AFTER_CRASHES has it; said again here, since it is what users are promised. */
const MOST_CRASHES = 3

const LIVE_LOOK_MS = 300
const LIVE_LIMIT_MS = 800

const CONFIG = fileURLToPath(new URL('../support/poison.config.ts', import.meta.url))

let stage: FaultStage
let api: Api
let supervisor: Supervisor

beforeEach(async () => {
  stage = await setFaultStage()
  api = (await stage.producer({ MANIFOLD_CONFIG: CONFIG })).api
})

afterEach(async () => {
  await supervisor.stop()
  await stage.close()
})

type Supervisor = {
  /** How many workers have ended by themselves. */
  readonly crashes: () => number
  readonly current: () => PartProcess | undefined
  readonly stop: () => Promise<void>
}

/** @throws when the worker does not answer */
async function isLive(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${String(port)}/livez`, { signal: AbortSignal.timeout(LIVE_LIMIT_MS) })
}

/** Keeps one worker running and looks whether it is alive, as systemd or Kubernetes would. */
function supervise(): Supervisor {
  let crashes = 0
  let stopped = false
  let current: PartProcess | undefined
  const isStopped = () => stopped
  const run = async (): Promise<void> => {
    while (!isStopped()) {
      current = await stage.worker({ MANIFOLD_CONFIG: CONFIG }, ['alpha'])
      const worker = current
      if (isStopped()) worker.kill('SIGKILL')
      const watch = setInterval(() => {
        isLive(worker.port).catch(() => {
          worker.kill('SIGKILL')
        })
      }, LIVE_LOOK_MS)
      await worker.ended
      clearInterval(watch)
      if (!isStopped()) crashes++
    }
  }
  const running = run()
  return {
    crashes: () => crashes,
    current: () => current,
    stop: async () => {
      stopped = true
      current?.kill('SIGKILL')
      await running
    },
  }
}

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
  ['exit', 60],
  ['throw-later', 10],
  ['never-end', 10],
])(
  'one of many that ends its worker by %s is dead as invalid after three workers; the others are delivered',
  async (how, good) => {
    const ids = await postAround(how, good)
    supervisor = supervise()
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
  supervisor = supervise()
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

test('workers killed again and again with a slow delivery in hand bury nothing', async () => {
  stage.sandbox.behave('alpha', '/hang')
  const id = await post({})
  supervisor = supervise()
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
