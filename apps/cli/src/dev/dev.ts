/**
 * `manifold dev` (`npm start`): Redis, the producer, a worker process per target and the sandbox, in one terminal.
 *
 * Owns the order in which they start and stop. Producers stop first, then workers, while their targets and Redis are
 * still there; Redis last, so that everything that was settled is on disk.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { everyTarget, loadConfig, readSettings, type Settings } from '@manifold/config'
import { createLogger, heedReloads, onShutdown, type Reloads } from '@manifold/runtime'
import { connectRedis, countEvents, listEvents, waitForRedis, type Store } from '@manifold/store'
import { guide } from './guide.ts'
import { createLogStream, type LogStream } from './log-stream.ts'
import { openDevRedis } from './own-redis.ts'
import { startPart, type Part } from './part.ts'
import { sendSample } from './sample.ts'

const DEFAULT_PORT = 3_000
const SANDBOX_PORT = 4_000
/** Everything is to be stopped within 10 s: what the parts may take for unfinished work. */
const DRAIN_MS = 4_000
const STOP_MS = 7_000

/** Starts everything, and returns; the process lives on until it is stopped. */
export async function dev(): Promise<void> {
  const reloads = heedReloads()
  const logs = createLogStream((text) => process.stdout.write(text), process.stdout.isTTY)
  const settings = readSettings()
  const config = await loadConfig(settings.configPath)
  const port = settings.port ?? DEFAULT_PORT
  if (port !== 0) await requireFreePort(settings.host, port)

  const stopping = new AbortController()
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    stopping.abort()
    for (const closeOne of closers.toReversed()) await closeOne()
  }
  onShutdown(createLogger('manifold', 'silent'), STOP_MS, async () => {
    logs.say('stopping: unfinished deliveries have a moment, then go back to their queues')
    await close()
    logs.say('stopped')
  })

  try {
    await startEverything({
      settings,
      port,
      targets: everyTarget(config).map((target) => target.name),
      logs,
      closers,
      stopping,
      reloads,
    })
  } catch (error) {
    // Stopped while starting: whoever stopped it closes.
    if (stopping.signal.aborted) return
    await close()
    throw error
  }
}

type Start = {
  readonly settings: Settings
  readonly port: number
  readonly targets: readonly string[]
  readonly logs: LogStream
  /** What is to be stopped, in the order it was started. */
  readonly closers: (() => Promise<unknown>)[]
  readonly stopping: AbortController
  readonly reloads: Reloads
}

async function startEverything(start: Start): Promise<void> {
  const { settings, port, targets, logs, closers, stopping, reloads } = start
  const redis = await openDevRedis(settings.redisUrl, logs.say)
  closers.push(redis.stop)
  logs.say(`Redis: ${redis.description}`)

  const common = { REDIS_URL: redis.url, MANIFOLD_DRAIN_MS: String(Math.min(settings.drainMs, DRAIN_MS)) }
  const sandboxPort = (await isPortFree('127.0.0.1', SANDBOX_PORT)) ? SANDBOX_PORT : 0
  const sandbox = startPart({
    name: 'sandbox',
    part: 'sandbox',
    args: [],
    environment: { ...common, PORT: String(sandboxPort), HOST: '127.0.0.1' },
    logs,
  })
  closers.push(sandbox.stop)
  const sandboxUrl = `http://127.0.0.1:${String(await sandbox.ready)}`

  const environment = { ...common, SANDBOX_URL: sandboxUrl }
  const startWorker = (target: string): Part => {
    const name = `worker:${target}`
    return startPart({
      name,
      part: 'worker',
      args: ['--target', target],
      environment: { ...environment, PORT: '0' },
      logs,
    })
  }
  const workers = new Map(targets.map((target) => [target, startWorker(target)]))
  closers.push(() => Promise.all([...workers.values()].map((worker) => worker.stop())))
  await Promise.all([...workers.values()].map((worker) => worker.ready))
  const producer = startPart({
    name: 'producer',
    part: 'producer',
    args: [],
    environment: { ...environment, PORT: String(port) },
    logs,
  })
  closers.push(producer.stop)
  const producerUrl = `http://127.0.0.1:${String(await producer.ready)}`

  const addWorker = (target: string) => {
    const worker = startWorker(target)
    workers.set(target, worker)
    worker.ready.catch((error: unknown) => {
      workers.delete(target)
      const why = error instanceof Error ? error.message : String(error)
      if (!stopping.signal.aborted) logs.say(`${why}; SIGHUP tries again`)
    })
  }
  reloads.follow(createLogger('manifold', 'silent'), async () => {
    logs.say('SIGHUP: every part reads its config again')
    for (const part of [producer, ...workers.values()]) part.reload()
    // The parts say what is wrong with it.
    for (const { name } of everyTarget(await loadConfig(settings.configPath)))
      if (!workers.has(name) && !stopping.signal.aborted) addWorker(name)
    return {}
  })

  const address =
    settings.redisUrl === undefined ? { kind: 'single' as const, url: redis.url } : settings.redis
  const client = connectRedis(address, 'fail-fast', () => undefined)
  closers.push(() => {
    client.disconnect()
    return Promise.resolve()
  })
  await waitForRedis(client, () => undefined)
  const store: Store = { redis: client, retention: settings.retention }
  await tellOfEarlierEvents(store, logs)

  const { signal } = stopping
  const open = settings.apiKeys.length === 0
  if (!open) logs.say('API keys are configured: no sample event is sent')
  const sample = open ? await sendSample({ store, producerUrl, say: logs.say, signal }) : undefined
  if (!signal.aborted) logs.plain(guide({ producerUrl, sandboxUrl, redisUrl: redis.url, sample }))
}

async function tellOfEarlierEvents(store: Store, logs: LogStream): Promise<void> {
  const count = await countEvents(store)
  const newest = (await listEvents(store, {}, undefined, 1)).items[0]
  if (newest === undefined) return
  logs.say(`found ${String(count)} events of earlier runs; the newest is ${newest.id} (${newest.status})`)
}

async function requireFreePort(host: string, port: number): Promise<void> {
  if (await isPortFree(host, port)) return
  throw new Error(
    `port ${String(port)} on ${host} is in use: is Manifold running already? ` +
      `Stop it, or take another port: PORT=${String(port + 1)} npm start`,
  )
}

async function isPortFree(host: string, port: number): Promise<boolean> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen(port, host, resolve)
    })
  } catch {
    return false
  }
  probe.close()
  await once(probe, 'close')
  return true
}
