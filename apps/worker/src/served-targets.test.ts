/** What a worker serves after a reload that met trouble. */
import { everyTarget, readSettings, resolveConfig } from '@manifold/config'
import type { Target } from '@manifold/domain'
import { openQueues, type Queues } from '@manifold/queue'
import { createLogger } from '@manifold/runtime'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { startWorker, type RunningWorker } from './worker.ts'

const store = useTestStore()

let queues: Queues
let worker: RunningWorker | undefined

beforeAll(() => {
  queues = openQueues(store.redis, () => undefined)
})

afterEach(async () => {
  await store.redis.config('SET', 'maxmemory', '0')
  await worker?.close()
  worker = undefined
})

afterAll(() => queues.close())

const consumersOf = (name: string) => queues.of(name).getWorkersCount()

function targetsOf(...names: string[]): Target[] {
  const targets = names.map((name) => ({
    name,
    subscribe: ['**'],
    url: `https://${name}.example`,
    maxConcurrency: 5,
  }))
  return [...everyTarget(resolveConfig('test', { targets }))]
}

async function serve(targets: Target[]) {
  const settings = readSettings({ REDIS_URL: store.url, PORT: '0', MANIFOLD_DRAIN_MS: '200' })
  worker = await startWorker({ settings, targets, logger: createLogger('test', 'silent') })
  return {
    reload: (next: Target[]) =>
      worker?.reload(
        next,
        next.map(({ name }) => name),
      ),
  }
}

test('a reload while Redis is full goes on trying, and has begun every target when it ends', async () => {
  const targets = targetsOf('crm', 'email')
  const { reload } = await serve(targets)
  await store.redis.config('SET', 'maxmemory', '1')
  let ended = false
  const reloading = reload(targets)?.finally(() => {
    ended = true
  })
  await eventually(
    'both to be drained',
    async () => (await consumersOf('crm')) + (await consumersOf('email')) === 0,
  )
  expect(ended).toBe(false)
  await store.redis.config('SET', 'maxmemory', '0')
  await reloading
  await eventually(
    'both to be served',
    async () => (await consumersOf('crm')) + (await consumersOf('email')) === 2,
  )
})

test('a worker that is stopped while its reload waits for a full Redis ends', async () => {
  const targets = targetsOf('crm')
  const { reload } = await serve(targets)
  await store.redis.config('SET', 'maxmemory', '1')
  const reloading = reload(targets)
  await eventually('it to be drained', async () => (await consumersOf('crm')) === 0)
  await worker?.close()
  worker = undefined
  await reloading
  expect(await consumersOf('crm')).toBe(0)
})

test('a target that cannot be begun goes on as it was, is named, and holds no other back', async () => {
  const { reload } = await serve(targetsOf('crm', 'email'))
  const [crm, email, added] = targetsOf('crm', 'email', 'added')
  if (crm?.kind !== 'http' || email === undefined || added === undefined) throw new Error('three were made')
  const identity = () => {
    throw new Error('no certificate')
  }
  const broken: Target = { ...crm, auth: { ...crm.auth, identity } }
  await expect(reload([broken, email, added])).rejects.toThrow(/crm: no certificate$/)
  for (const name of ['crm', 'email', 'added'])
    await eventually(`one worker of ${name}`, async () => (await consumersOf(name)) === 1)
})

test('two reloads at once come one after the other, and leave one consumer for each target', async () => {
  const targets = targetsOf('crm')
  const { reload } = await serve(targets)
  await Promise.all([reload(targets), reload(targetsOf('crm', 'email')), reload(targets)])
  await eventually('one of crm, none of email', async () => {
    const counts = await Promise.all([consumersOf('crm'), consumersOf('email')])
    return counts.join() === '1,0'
  })
})
