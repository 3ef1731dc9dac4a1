/**
 * The worker: consumes the queues of some targets and delivers, with a health server beside.
 *
 * Owns the assembly of the parts and the order in which they stop. `main.ts` is the process around it.
 */
import { randomUUID } from 'node:crypto'
import type { Settings } from '@manifold/config'
import type { Target } from '@manifold/domain'
import { knownTargetTimes, openQueues, registerQueueGauges, startRelay } from '@manifold/queue'
import {
  createRegistry,
  randomHex,
  repeat,
  reportErrors,
  startHealthServer,
  withinMs,
  type Health,
  type Logger,
} from '@manifold/runtime'
import {
  connectRedis,
  followRedisClock,
  isRedisReply,
  isStoreUnavailable,
  noteKnownTargets,
  persistenceWarnings,
  pingStore,
  tellingOf,
  waitForRedis,
  type Store,
} from '@manifold/store'
import { startTracing } from '@manifold/tracing'
import type { ServeDeps, Served } from './serve-target.ts'
import { createServedTargets } from './served-targets.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

export type WorkerOptions = {
  readonly settings: Settings
  /** Those to be served. */
  readonly targets: readonly Target[]
  /** All targets of the config, for those that subscribe to operational events may be another worker's; by default these. */
  readonly configured?: readonly Target[]
  /** Of every target in the config: this process speaks for all of them. */
  readonly known?: readonly string[]
  readonly logger: Logger
}

export type RunningWorker = {
  /** Of the health server. */
  readonly port: number
  /**
   * Goes on with these targets: new ones are begun, those that are gone are drained, and all others are drained and begun with the
   * options they have now. @param known of every target in the config @param configured all targets of the config; by default these
   * @throws naming the targets that could not be begun, which go on as they were; all others go by the new config
   */
  readonly reload: (
    targets: readonly Target[],
    known: readonly string[],
    configured?: readonly Target[],
  ) => Promise<void>
  /** @param crashed whether that is because of an error that nobody caught */
  readonly close: (crashed?: boolean) => Promise<void>
}

const DEFAULT_HEALTH_PORT = 3_001
/** Enough to tell the processes of one delivery apart. */
const PROCESS_BYTES = 3
const SAMPLE_MS = 5_000
/** How long a stopping worker gives Redis to answer at all. */
const REDIS_LEFT_MS = 500
/** Jobs that wait this long beside a worker with room for them mean that it no longer consumes. */
const STUCK_MS = 30_000

/** Starts consuming. Waits for Redis, however long, and says so. @throws when the health port is taken */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { settings, targets, logger } = options
  const onError = reportErrors(logger, (error) =>
    isStoreUnavailable(error) ? (isRedisReply(error) ? 'refusal' : 'outage') : 'bug',
  )
  const redis = connectRedis(settings.redis, 'patient', (error) => {
    logger.warn({ reason: error.message }, 'Redis is away; work goes on when it is back')
  })
  await waitForRedis(redis, () => {
    logger.warn('waiting for Redis')
  })
  const clock = await followRedisClock(redis, onError)
  const store: Store = { redis, retention: settings.retention, now: clock.now }

  const queues = openQueues(redis, onError, clock.now)
  const tracing = await startTracing(settings.tracing, 'manifold-worker', logger)
  let configured = options.configured ?? targets
  const alerts = tellingOf(() => configured)
  const registry = createRegistry('worker')
  const served = new Map<string, Served>()
  const names = () => [...served.keys()]
  const metrics = createWorkerMetrics({
    registry,
    targets: names,
    inFlight: (target) => served.get(target)?.consumer.inFlight() ?? 0,
  })
  registerQueueGauges({ registry, store, queues, targets: names })

  // Before anything is taken: a port in use must not cost a delivery. Side by side: none of it needs another.
  const [health, warnings] = await Promise.all([
    startHealthServer(
      settings.host,
      settings.port ?? DEFAULT_HEALTH_PORT,
      {
        live: () => liveness(redis.status === 'ready', served),
        ready: async (): Promise<Health> => {
          await withinMs(1_000, 'Redis', pingStore(store))
          return { ok: true }
        },
      },
      registry,
    ),
    persistenceWarnings(store),
  ])
  for (const warning of warnings) logger.warn(warning)

  let crashing = false
  const serve: ServeDeps = {
    store,
    queues,
    settings,
    logger,
    metrics,
    tracing,
    alerts,
    process: randomHex(PROCESS_BYTES),
    isCrashing: () => crashing,
    onError,
  }
  const serving = createServedTargets(serve, served)
  let known = options.known ?? targets.map(({ name }) => name)
  await serving.begin(targets)

  const holder = randomUUID()
  const telling = repeat(
    knownTargetTimes(settings.removedTargetGraceMs).tellEveryMs,
    () => noteKnownTargets(store, known),
    onError,
  )
  const background = [
    repeat(
      SAMPLE_MS,
      () => Promise.all([...served.values()].map(({ consumer }) => consumer.sample())),
      onError,
    ),
    startRelay({
      store,
      queues,
      holder,
      ageMs: settings.relayAgeMs,
      telling: alerts,
      logger,
      count: metrics.rescued,
      onError,
    }),
    telling,
  ]

  logger.info(
    { targets: targets.map((target) => target.name), healthPort: health.port },
    'worker is consuming',
  )

  return {
    port: health.port,
    reload: async (present, all, everybody = present) => {
      known = all
      configured = everybody
      telling.wake()
      await serving.replaceBy(present)
    },
    close: async (crashed = false) => {
      crashing = crashed
      await serving.drain()
      const stopped = Promise.all(background.map((one) => one.stop()))
      // Without Redis a background run waits for it for ever, and ioredis forgets commands that it kept for a reconnection.
      // A cluster whose other masters live does not show that Manifold's is away.
      await withinMs(REDIS_LEFT_MS, 'Redis', pingStore(store)).then(
        () => stopped,
        () => {
          redis.disconnect()
        },
      )
      await serving.release()
      await tracing.close()
      await health.close()
      await queues.close()
      clock.stop()
      redis.disconnect()
    },
  }
}

/** Stuck while Redis is away is not for a restart to mend. */
function liveness(redisIsReady: boolean, served: ReadonlyMap<string, Served>): Health {
  if (!redisIsReady) return { ok: true }
  for (const [target, { consumer }] of served) {
    const stuckMs = consumer.consumption.stuckForMs(performance.now())
    if (stuckMs > STUCK_MS) {
      return {
        ok: false,
        problem: `deliveries to ${target} have waited ${String(stuckMs)} ms without one being taken`,
      }
    }
  }
  return { ok: true }
}
