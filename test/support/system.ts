/**
 * A whole Manifold inside the test's process: real Redis, real HTTP, real queues; only the process boundaries are missing.
 * Tests that need those use part.ts.
 */
import {
  everyTarget,
  hideRevealedSecrets,
  readSettings,
  resolveConfig,
  type ConfigDefinition,
  type Settings,
} from '@manifold/config'
import { openQueues, type Queues } from '@manifold/queue'
import { createLogger } from '@manifold/runtime'
import { connectRedis, waitForRedis, type Store } from '@manifold/store'
import { startProducer } from '../../apps/producer/src/producer.ts'
import { startSandbox, type Sandbox } from '../../apps/sandbox/src/sandbox.ts'
import { startWorker, type RunningWorker } from '../../apps/worker/src/worker.ts'
import { apiAt, type Api } from './api.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

export type SystemOptions = {
  readonly config: (sandboxUrl: string) => ConfigDefinition
  readonly environment?: Record<string, string>
  /** Default true. */
  readonly withWorker?: boolean
  /** Default: a server of its own. Who gives another address ends what is there. */
  readonly redisUrl?: string
}

export type System = {
  readonly url: string
  readonly api: Api
  readonly redis: TestRedis
  readonly sandbox: Sandbox
  readonly store: Store
  readonly queues: Queues
  readonly settings: Settings
  /** Every log line so far, parsed. */
  readonly logs: () => Record<string, unknown>[]
  /** Starts a worker for all targets, or for those named. */
  readonly work: (...targets: string[]) => Promise<RunningWorker>
  readonly close: () => Promise<void>
}

export async function startSystem(options: SystemOptions): Promise<System> {
  const redis = options.redisUrl === undefined ? await startTestRedis() : givenRedis(options.redisUrl)
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 })
  const settings = readSettings({
    REDIS_URL: redis.url,
    PORT: '0',
    MANIFOLD_DRAIN_MS: '200',
    MANIFOLD_RELAY_AGE_MS: '300',
    ...options.environment,
  })
  const config = resolveConfig('test', onLoopback(options.config(sandbox.url)))
  const lines: string[] = []
  const writer = { write: (line: string) => lines.push(line) }
  const logger = createLogger('test', settings.logLevel, writer, hideRevealedSecrets)
  const producer = await startProducer({ settings, config, logger })
  const workers: RunningWorker[] = []
  const work = async (...names: string[]) => {
    const targets = everyTarget(config).filter((target) => names.length === 0 || names.includes(target.name))
    const worker = await startWorker({ settings, targets, configured: config.targets, logger })
    workers.push(worker)
    return worker
  }
  if (options.withWorker !== false) await work()

  const client = connectRedis(settings.redis, 'fail-fast', () => undefined)
  await waitForRedis(client, () => undefined)
  const queues = openQueues(client, () => undefined)
  const url = `http://127.0.0.1:${String(producer.port)}`
  return {
    url,
    api: apiAt(url),
    redis,
    sandbox,
    settings,
    store: { redis: client, retention: settings.retention },
    queues,
    logs: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    work,
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()))
      await producer.close()
      await queues.close()
      client.disconnect()
      await sandbox.close()
      await redis.close()
    },
  }
}

/** What is not the system's own is nothing for it to break or end. */
function givenRedis(url: string): TestRedis {
  const notOurs = () => {
    throw new Error('the Redis of this system was given')
  }
  return {
    url,
    kill: notOurs,
    freeze: notOurs,
    thaw: notOurs,
    start: notOurs,
    close: () => Promise.resolve(),
  }
}

/** The sandbox is on loopback, which a target must be allowed; a test that is about that says so itself. */
function onLoopback(config: ConfigDefinition): ConfigDefinition {
  return { ...config, targets: config.targets.map((target) => ({ allowPrivateNetwork: true, ...target })) }
}
