/**
 * The stage of a fault test: a Redis, a receiver in the test's process that outlives every kill, and parts as
 * processes that can be killed.
 */
import { fileURLToPath } from 'node:url'
import { openQueues, type Queues } from '@manifold/queue'
import { connectRedis, waitForRedis, type Store } from '@manifold/store'
import { startSandbox, type Sandbox } from '../../apps/sandbox/src/sandbox.ts'
import { apiAt, type Api } from './api.ts'
import { spawnPart, type PartProcess } from './part.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

export const TARGETS = ['alpha', 'beta', 'gamma']

export type FaultStage = {
  readonly redis: TestRedis
  readonly sandbox: Sandbox
  readonly store: Store
  readonly queues: Queues
  readonly environment: Readonly<Record<string, string>>
  readonly producer: (environment?: Record<string, string>) => Promise<PartProcess & { readonly api: Api }>
  /** A worker for these targets (alpha, beta and gamma by default), or for all that its config has. */
  readonly worker: (
    environment?: Record<string, string>,
    targets?: readonly string[] | 'all',
  ) => Promise<PartProcess>
  readonly close: () => Promise<void>
}

export async function setFaultStage(): Promise<FaultStage> {
  const redis = await startTestRedis()
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 })
  const client = connectRedis(redis.url, 'patient', () => undefined)
  await waitForRedis(client, () => undefined)
  const queues = openQueues(client, () => undefined)
  const parts: PartProcess[] = []
  const environment = {
    REDIS_URL: redis.url,
    SANDBOX_URL: sandbox.url,
    MANIFOLD_CONFIG: fileURLToPath(new URL('demo.config.ts', import.meta.url)),
    MANIFOLD_LOCK_MS: '1000',
    MANIFOLD_STALLED_CHECK_MS: '300',
    MANIFOLD_RELAY_AGE_MS: '300',
    MANIFOLD_DRAIN_MS: '500',
  }
  return {
    redis,
    sandbox,
    store: { redis: client, retention: { settledMs: 86_400_000, deadMs: 86_400_000 } },
    queues,
    environment,
    producer: async (more = {}) => {
      const part = await spawnPart({ part: 'producer', environment: { ...environment, ...more } })
      parts.push(part)
      return { ...part, api: apiAt(`http://127.0.0.1:${String(part.port)}`) }
    },
    worker: async (more = {}, targets = TARGETS) => {
      const args = targets === 'all' ? ['--all'] : targets.flatMap((target) => ['--target', target])
      const part = await spawnPart({ part: 'worker', args, environment: { ...environment, ...more } })
      parts.push(part)
      return part
    },
    close: async () => {
      for (const part of parts) part.kill('SIGKILL')
      await Promise.all(parts.map((part) => part.ended))
      await queues.close()
      client.disconnect()
      await sandbox.close()
      await redis.close()
    },
  }
}
