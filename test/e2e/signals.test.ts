/** SIGTERM and SIGINT, at every process and at awkward moments: each ends by itself, with its exit code, and leaves nothing behind. */
import { execFileSync } from 'node:child_process'
import { SUSPECT_AFTER_CRASHES } from '@manifold/domain'
import { keys } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiAt, type Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { launchPart, spawnPart, type PartProcess, type PartSpec } from '../support/part.ts'

let stage: FaultStage

beforeEach(async () => {
  stage = await setFaultStage()
})

afterEach(() => stage.close())

const publish = async (api: Api) => (await api.post({ type: 'a.b', data: 1, targets: ['alpha'] })).body.id
const requests = () => stage.sandbox.received().length
const settled = (api: Api, id: string) =>
  eventually('the event to settle', async () => (await api.event(id)).status === 'delivered')

/** Processes that this one started. */
function childrenOf(part: PartProcess): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(part.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number)
  } catch {
    return []
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const PARTS: readonly Pick<PartSpec, 'part' | 'args'>[] = [
  { part: 'producer' },
  { part: 'worker', args: ['--all'] },
  { part: 'sandbox' },
]

test.each(PARTS.flatMap((part) => (['SIGTERM', 'SIGINT'] as const).map((signal) => ({ ...part, signal }))))(
  'a $part ends with 0 at $signal, and says so',
  async ({ signal, ...part }) => {
    const running = await spawnPart({ ...part, environment: stage.environment })
    running.kill(signal)
    expect(await running.ended).toBe(0)
    expect(running.output()).toContain(`"signal":"${signal}"`)
    expect(running.output()).toContain('"stopped"')
  },
)

test.each(PARTS.slice(0, 2))('a $part that still waits for Redis ends with 0 at SIGTERM', async (part) => {
  const environment = { ...stage.environment, REDIS_URL: 'redis://127.0.0.1:1' }
  const { child, output, ended } = launchPart({ ...part, environment })
  await eventually('it to wait', () => output().includes('waiting for Redis'))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a second SIGTERM ends a draining worker at once with 1, and the next one makes its delivery', async () => {
  const { api } = await stage.producer()
  stage.sandbox.behave('alpha', '/hang')
  const worker = await stage.worker({ MANIFOLD_DRAIN_MS: '60000' })
  const id = await publish(api)
  await eventually('the request', () => requests() === 1)
  worker.kill('SIGTERM')
  await eventually('the drain', () => worker.output().includes('"stopping"'))
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(1)
  expect(worker.output()).toContain('a second signal')
  stage.sandbox.behave('alpha', '/ok')
  await stage.worker()
  await settled(api, id)
})

test('a second SIGTERM ends a producer that somebody is still sending to', async () => {
  const producer = await stage.producer({ MANIFOLD_DRAIN_MS: '60000' })
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode('{'))
    },
  })
  const url = `http://127.0.0.1:${String(producer.port)}/v1/events`
  const headers = { 'content-type': 'application/json' }
  const sending = fetch(url, { method: 'POST', headers, body, duplex: 'half' })
  sending.catch(() => undefined)
  // Behind it on the way in, so that it is being read.
  await publish(producer.api)
  producer.kill('SIGTERM')
  await eventually('the drain', () => producer.output().includes('"stopping"'))
  producer.kill('SIGTERM')
  expect(await producer.ended).toBe(1)
})

test.each([
  { title: 'a worker that is stopped', signals: 1, code: 0 },
  { title: 'a worker that is stopped twice', signals: 2, code: 1 },
])('$title takes the process with it that tries a suspect', async ({ signals, code }) => {
  const { api } = await stage.producer()
  stage.sandbox.behave('alpha', '/hang')
  const id = await publish(api)
  const suspect = `pending 1 1 0 0 0 - - - - - - - ${String(SUSPECT_AFTER_CRASHES)}`
  await stage.store.redis.hset(keys.event(id), 'alpha/state', suspect)
  const worker = await stage.worker({ MANIFOLD_DRAIN_MS: signals === 1 ? '200' : '60000' })
  await eventually('the request', () => requests() === 1)
  const children = childrenOf(worker)
  expect(children).toHaveLength(1)
  worker.kill('SIGTERM')
  if (signals === 2) {
    await eventually('the drain', () => worker.output().includes('"stopping"'))
    worker.kill('SIGTERM')
  }
  expect(await worker.ended).toBe(code)
  await eventually('its process to end', () => !children.some(isRunning))
  if (signals === 1)
    expect(await api.event(id)).toMatchObject({ deliveries: [{ status: 'pending', attempts: 0 }] })
})

test('a worker that is stopped while a reload drains a target ends with 0, and sends nothing twice', async () => {
  const producer = await stage.producer()
  const api = apiAt(`http://127.0.0.1:${String(producer.port)}`)
  stage.sandbox.behave('alpha', '/delay/600')
  const worker = await stage.worker({ MANIFOLD_DRAIN_MS: '5000' })
  const id = await publish(api)
  await eventually('the request', () => requests() === 1)
  worker.kill('SIGHUP')
  const isDrained = async () => (await stage.queues.of('alpha').getWorkersCount()) === 0
  await eventually('the reload to drain', isDrained)
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
  expect(await api.event(id)).toMatchObject({ status: 'delivered', deliveries: [{ attempts: 1 }] })
  expect(requests()).toBe(1)
})
