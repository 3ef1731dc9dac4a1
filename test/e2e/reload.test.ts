/** SIGHUP: real processes read their config again; and what becomes of what waits for a target that is gone from it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RemovedTargetView } from '@manifold/client'
import { keys } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import type { PartProcess } from '../support/part.ts'

const GRACE_MS = 1_500

let stage: FaultStage
let folder: string
let environment: Record<string, string>

beforeEach(async () => {
  stage = await setFaultStage()
  folder = mkdtempSync(join(tmpdir(), 'manifold-reload-'))
  mkdirSync(join(folder, 'targets'))
  environment = {
    MANIFOLD_CONFIG: join(folder, 'manifold.config.ts'),
    MANIFOLD_REMOVED_TARGET_GRACE_MS: String(GRACE_MS),
    MANIFOLD_JANITOR_MS: '50',
  }
})

afterEach(async () => {
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Writes a config with a file for each target. @param paths where each is sent to at the sandbox */
function configure(paths: Readonly<Record<string, string>>): void {
  const names = Object.keys(paths)
  for (const [name, path] of Object.entries(paths)) {
    const target = { name, subscribe: ['**'], url: `${stage.sandbox.url}${path}`, allowPrivateNetwork: true }
    writeFileSync(join(folder, `targets/${name}.ts`), `export const ${name} = ${JSON.stringify(target)}\n`)
  }
  const imports = names.map((name) => `import { ${name} } from './targets/${name}.ts'\n`)
  writeFileSync(
    join(folder, 'manifold.config.ts'),
    `${imports.join('')}export default { targets: [${names.join(', ')}] }\n`,
  )
}

const count = (part: PartProcess, text: string) => part.output().split(text).length - 1

/** Sends SIGHUP, and waits for what the part says to it. */
async function reload(part: PartProcess, says = '"config reloaded"'): Promise<void> {
  const before = count(part, says)
  part.kill('SIGHUP')
  await eventually('the reload', () => count(part, says) > before)
}

async function settled(api: Api, id: string) {
  await eventually('the event to settle', async () => (await api.event(id)).status !== 'pending')
  return api.event(id)
}

const post = async (api: Api) => (await api.post({ type: 'a.b', data: 1 })).body.id

test('new targets start, changed ones go on as they are now, removed ones get nothing more', async () => {
  configure({ alpha: '/ok', beta: '/ok' })
  const producer = await stage.producer(environment)
  const worker = await stage.worker(environment, 'all')
  expect((await settled(producer.api, await post(producer.api))).deliveries).toMatchObject([
    { target: 'alpha', status: 'delivered' },
    { target: 'beta', status: 'delivered' },
  ])

  configure({ alpha: '/status/422', gamma: '/ok' })
  await reload(worker)
  await reload(producer)
  expect((await settled(producer.api, await post(producer.api))).deliveries).toMatchObject([
    { target: 'alpha', status: 'dead', reason: 'rejected' },
    { target: 'gamma', status: 'delivered' },
  ])
  for (const part of [producer, worker])
    expect(part.output()).toContain('"added":["gamma"],"removed":["beta"],"changed":["alpha"]')
})

test('a config with mistakes leaves the one before in force, and says each of them', async () => {
  configure({ alpha: '/ok' })
  const producer = await stage.producer(environment)
  const worker = await stage.worker(environment, 'all')
  configure({ alpha: '/ok', Beta: '/ok', Gamma: '/ok' })
  for (const part of [producer, worker]) {
    await reload(part, '"config not reloaded')
    expect(part.output()).toContain('2 mistakes')
    expect(part.output()).toContain('targets[1].name')
    expect(part.output()).toContain('targets[2].name')
  }
  expect(await settled(producer.api, await post(producer.api))).toMatchObject({ status: 'delivered' })
  configure({ alpha: '/ok', beta: '/ok' })
  for (const part of [producer, worker]) await reload(part)
  expect((await settled(producer.api, await post(producer.api))).deliveries).toHaveLength(2)
})

test('what waits for a removed target is delivered when it is back in time', async () => {
  configure({ alpha: '/ok', beta: '/ok' })
  const longer = { ...environment, MANIFOLD_REMOVED_TARGET_GRACE_MS: '60000' }
  const producer = await stage.producer(longer)
  const id = await post(producer.api)
  configure({ alpha: '/ok' })
  await reload(producer)
  const worker = await stage.worker(longer, 'all')
  await eventually('alpha', async () => (await producer.api.event(id)).deliveries[0]?.status === 'delivered')
  expect(await producer.api.event(id)).toMatchObject({
    deliveries: [{}, { target: 'beta', status: 'pending' }],
  })
  configure({ alpha: '/ok', beta: '/ok' })
  for (const part of [producer, worker]) await reload(part)
  expect(await settled(producer.api, id)).toMatchObject({ status: 'delivered' })
})

test('what waits for a target that stays away dies after the grace period, and can be replayed when it is back', async () => {
  configure({ alpha: '/ok', beta: '/status/503' })
  const producer = await stage.producer(environment)
  const worker = await stage.worker(environment, 'all')
  const ids = [await post(producer.api), await post(producer.api)]
  // Waiting for a retry, hours from now if need be.
  const attempted = async () => (await producer.api.event(ids[1] ?? '')).deliveries[1]?.attempts ?? 0
  await eventually('an attempt', async () => (await attempted()) > 0)

  configure({ alpha: '/ok' })
  await reload(worker)
  expect(producer.output()).not.toContain('in no config any more')
  // The producer has it still: one process that has it is enough.
  await reload(producer)
  await eventually('the removal to be noticed', () => producer.output().includes('in no config any more'))
  const noticedMs = performance.now()
  expect(await producer.api.event(ids[0] ?? '')).toMatchObject({ status: 'pending' })
  const origin = `http://127.0.0.1:${String(producer.port)}`
  expect(await (await fetch(`${origin}/v1/admin/targets/beta`)).json()).toMatchObject({
    code: 'target-not-found',
    detail: 'beta is in no config any more; 2 deliveries wait for its return, and it has 0 dead letters',
  })
  const metrics = async () => (await fetch(`${origin}/metrics`)).text()
  expect(await metrics()).toMatch(/^manifold_removed_target_backlog\{target="beta".*\} 2$/m)
  const removed = async () => {
    const answer = await producer.api.call<{ removed: RemovedTargetView[] }>('GET', '/v1/admin/targets')
    return answer.body.removed
  }
  const [waiting] = await removed()
  expect(waiting).toMatchObject({ name: 'beta', queue: { dead: 0 } })
  expect(Date.parse(waiting?.diesAt ?? '')).toBe(Date.parse(waiting?.removedAt ?? '') + GRACE_MS)
  for (const id of ids)
    expect((await settled(producer.api, id)).deliveries[1]).toMatchObject({
      status: 'dead',
      reason: 'unknown-target',
    })
  expect(performance.now() - noticedMs).toBeGreaterThan(GRACE_MS - 100)
  expect(await stage.queues.of('beta').getJobCounts('wait', 'delayed', 'prioritized', 'active')).toEqual({
    wait: 0,
    delayed: 0,
    prioritized: 0,
    active: 0,
  })
  await eventually('the log', () => producer.output().includes('"count":'))
  // A line each, as for one that a worker buries.
  const lines = producer.output().split('\n')
  for (const id of ids) {
    const buried = lines.filter((line) => line.includes('"msg":"dead letter"') && line.includes(id))
    expect(buried.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 'error',
        eventId: id,
        deliveryId: `${id}-beta`,
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        target: 'beta',
        type: 'a.b',
        generation: 1,
        reason: 'unknown-target',
        settlement: 'dead',
        eventStatus: 'partially_delivered',
      }),
    ])
  }
  expect(await removed()).toMatchObject([
    { name: 'beta', diesAt: null, queue: { waiting: 0, delayed: 0, dead: 2 }, inFlight: 0 },
  ])
  expect(await metrics()).toMatch(/^manifold_dead_letters\{target="beta".*\} 2$/m)
  expect(await (await fetch(`${origin}/v1/admin/targets/beta`)).json()).toMatchObject({
    detail: expect.stringContaining('it has 2 dead letters') as unknown,
  })

  const replay = () =>
    fetch(`http://127.0.0.1:${String(producer.port)}/v1/admin/dead-letters/${ids[0] ?? ''}-beta/replay`, {
      method: 'POST',
    })
  expect((await replay()).status).toBe(404)
  configure({ alpha: '/ok', beta: '/ok' })
  for (const part of [producer, worker]) await reload(part)
  expect((await replay()).status).toBe(202)
  expect(await removed()).toEqual([])
  await eventually('the replay', async () => (await producer.api.event(ids[0] ?? '')).status === 'delivered')
})

test('a target that one living process still has in its config is not removed', async () => {
  configure({ alpha: '/ok', beta: '/ok' })
  const producer = await stage.producer(environment)
  const other = await stage.producer(environment)
  const logs = () => producer.output() + other.output()
  const id = await post(producer.api)
  configure({ alpha: '/ok' })
  await reload(producer)
  // Whoever is to bury would have noticed another one by then.
  configure({ alpha: '/ok', gamma: '/ok' })
  await reload(producer)
  const isKnown = async () => (await stage.store.redis.zscore(keys.knownTargets, 'gamma')) !== null
  await eventually('gamma to be known', isKnown)
  configure({ alpha: '/ok' })
  await reload(producer)
  await eventually('the removal of gamma', () => logs().includes('"target":"gamma"'))
  expect(logs()).not.toContain('"target":"beta"')
  expect(await producer.api.event(id)).toMatchObject({ deliveries: [{}, { status: 'pending' }] })
})

test('a reload waits for requests under way beyond the drain: none is sent twice', async () => {
  configure({ alpha: '/delay/1500' })
  const hasty = { ...environment, MANIFOLD_DRAIN_MS: '300' }
  const producer = await stage.producer(hasty)
  const worker = await stage.worker(hasty, 'all')
  const id = await post(producer.api)
  await eventually('the request', () => stage.sandbox.received().length > 0)
  await reload(worker)
  expect((await settled(producer.api, id)).deliveries).toMatchObject([{ status: 'delivered', attempts: 1 }])
  expect(stage.sandbox.received()).toHaveLength(1)
})

test('a worker that is stopped during a reload waits for its drain, not for what the reload waits for', async () => {
  configure({ alpha: '/hang' })
  const hasty = { ...environment, MANIFOLD_DRAIN_MS: '300' }
  const producer = await stage.producer(hasty)
  const worker = await stage.worker(hasty, 'all')
  await post(producer.api)
  await eventually('the request', () => stage.sandbox.received().length > 0)
  worker.kill('SIGHUP')
  // The next one is not taken any more: the reload is under way.
  const draining = async () => (await stage.queues.of('alpha').getWorkersCount()) === 0
  await eventually('the reload to drain', draining)
  const stoppedMs = performance.now()
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
  expect(performance.now() - stoppedMs).toBeLessThan(2_500)
})
