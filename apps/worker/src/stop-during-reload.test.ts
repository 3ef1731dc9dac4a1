/** A worker that is closed at any moment of a reload consumes nothing any more. */
import { setImmediate as turn } from 'node:timers/promises'
import { everyTarget, readSettings, resolveConfig } from '@manifold/config'
import { createLogger } from '@manifold/runtime'
import { openQueues } from '@manifold/queue'
import { test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { startWorker } from './worker.ts'

const store = useTestStore()

test('whatever the reload was at, nothing goes on consuming', async () => {
  const settings = readSettings({ REDIS_URL: store.url, PORT: '0', MANIFOLD_DRAIN_MS: '200' })
  const config = resolveConfig('test', {
    targets: [{ name: 'crm', subscribe: ['**'], url: 'https://crm.example' }],
  })
  const targets = everyTarget(config)
  const known = targets.map(({ name }) => name)
  const logger = createLogger('test', 'silent')
  const queues = openQueues(store.redis, () => undefined)
  for (let turns = 0; turns < 40; turns += 2) {
    const worker = await startWorker({ settings, targets, known, logger })
    const reloading = worker.reload(targets, known)
    for (let passed = 0; passed < turns; passed++) await turn()
    await worker.close()
    await reloading
    await eventually(
      `no consumer, closed after ${String(turns)} turns`,
      async () => (await queues.of('crm').getWorkersCount()) === 0,
      2_000,
    )
  }
  await queues.close()
})
