/**
 * The producer: the HTTP intake, and the background work any producer may do (relay, janitor, bulk replays).
 *
 * Owns the assembly of the parts and the order in which they stop. `main.ts` is the process around it.
 */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import {
  everyTarget,
  isKeyless,
  requireKeysBeyondLoopback,
  requireKnownLimits,
  requireSecrets,
  unknownLimitedNames,
  type Config,
  type Settings,
} from '@manifold/config'
import { compileRouter, createEventIdFactory } from '@manifold/domain'
import {
  bundleSizeOf,
  forgetDueEvents,
  knownTargetTimes,
  openQueues,
  registerQueueGauges,
  startRelay,
} from '@manifold/queue'
import { createRegistry, listenOn, repeat, reportErrors, secureRandom, type Logger } from '@manifold/runtime'
import {
  connectRedis,
  createKeep,
  followRedisClock,
  isMemoryShown,
  isRedisReply,
  isStoreUnavailable,
  noteKnownTargets,
  persistenceWarnings,
  removedTargetNames,
  tellingOf,
  waitForRedis,
  type Store,
} from '@manifold/store'
import { startTracing } from '@manifold/tracing'
import { createReplayRunner } from './bulk-replay.ts'
import { createChangeHub } from './changes/change-hub.ts'
import { createEnqueuer } from './enqueuer.ts'
import { openCallers } from './callers/open-callers.ts'
import { createApp } from './http/app.ts'
import { auditReplay, auditRequest, auditTrail } from './http/audit.ts'
import { closeHttpServer, createHttpServer } from './http/http-server.ts'
import { scopeGuard } from './http/require-scope.ts'
import { callbackUrlJudge } from './judge-callback-url.ts'
import { createGates } from './overload/intake.ts'
import { limitsOf } from './overload/limits.ts'
import { countRefusals, registerGateGauge } from './overload/overload-metrics.ts'
import { createBacklogTeller } from './overload/tell-backlog.ts'
import { lookAtLoad, watchLoad, type WatchLoadDeps } from './overload/watch-load.ts'
import { createProducerMetrics } from './producer-metrics.ts'
import { createRateLimiter } from './rate-limit/rate-limiter.ts'
import { watchRemovedTargets } from './removed-targets.ts'
import { createLiveFeed } from './streams/live-feed.ts'
import { BEAT_MS, createOpenStreams } from './streams/open-streams.ts'
import { registerStreamGauge } from './streams/stream-gauge.ts'
import { createTypeLookup } from './streams/type-lookup.ts'
import { openCertificates } from './tls/certificates.ts'

export type ProducerOptions = {
  readonly settings: Settings
  readonly config: Config
  readonly logger: Logger
  /** How long a connection may lie still; for tests. */
  readonly stillMs?: number
}

export type RunningProducer = {
  readonly port: number
  /** From now on requests go by this config; those under way end by the one before. @throws when a secret is missing */
  readonly reload: (config: Config) => void
  /** Reads the keys, the keys of tokens and the certificate again, each for itself: what is bad changes nothing, and is logged. */
  readonly reloadFiles: () => Promise<void>
  readonly close: () => Promise<void>
}

const DEFAULT_PORT = 3_000
const REPLAY_LOOK_MS = 500

/** Starts taking events. Waits for Redis, however long, and says so. @throws when the port is taken */
export async function startProducer(options: ProducerOptions): Promise<RunningProducer> {
  const { settings, config, logger, stillMs } = options
  requireKeysBeyondLoopback(settings)
  requireKnownLimits(settings)
  const unlimited = unknownLimitedNames(settings)
  if (unlimited.length > 0)
    logger.warn({ names: unlimited }, 'MANIFOLD_RATE_LIMIT names callers that there are not')
  requireSecrets(config.sources.map((source) => source.verify))
  const callers = await openCallers(settings, logger)
  const certificates = settings.tls === undefined ? undefined : await openCertificates(settings.tls, logger)
  const redis = connectRedis(settings.redis, 'fail-fast', (error) => {
    logger.warn({ reason: error.message }, 'Redis is away; requests get 503 until it is back')
  })
  await waitForRedis(redis, () => {
    logger.warn('waiting for Redis')
  })
  // What callers are promised waits for replicas: on a connection of its own, as it is silent meanwhile.
  const keeping =
    settings.redisReplicas === 0 ? undefined : connectRedis(settings.redis, 'fail-fast', () => undefined)
  if (keeping !== undefined) await waitForRedis(keeping, () => undefined)
  const onError = reportErrors(logger, (error) =>
    isStoreUnavailable(error) ? (isRedisReply(error) ? 'refusal' : 'outage') : 'bug',
  )
  const clock = await followRedisClock(redis, onError)
  const store: Store = {
    redis,
    retention: settings.retention,
    keep: keeping === undefined ? undefined : createKeep(keeping, settings.redisReplicas),
    now: clock.now,
  }
  for (const warning of await persistenceWarnings(store, settings.redisReplicas)) logger.warn(warning)
  if (settings.overload.maxMemoryPercent > 0 && (await isMemoryShown(store)) === false)
    logger.warn('Redis does not show its memory: MANIFOLD_MAX_MEMORY_PERCENT has no effect')
  const queues = openQueues(redis, onError, clock.now)
  const tracing = await startTracing(settings.tracing, 'manifold-producer', logger)
  const registry = createRegistry('producer')
  const metrics = createProducerMetrics(registry)
  let live = readLive(config)
  const alerts = tellingOf(() => live.routed)
  const targetNames = () => live.targets.map((target) => target.name)
  registerQueueGauges({ registry, store, queues, targets: targetNames })

  const enqueuer = createEnqueuer({
    store,
    queues,
    bundleSizeOf: (target) => live.bundleSizes.get(target) ?? 1,
    onError,
  })
  const holder = randomUUID()
  const stopping = new AbortController()
  const newEventId = createEventIdFactory(secureRandom)
  const trail = auditTrail(logger)

  const runner = createReplayRunner({
    store,
    queues,
    holder,
    signal: stopping.signal,
    isKnown: (target) => live.targets.some(({ name }) => name === target),
    onError,
    logger,
    onCompleted: auditReplay(trail),
  })
  const times = knownTargetTimes(settings.removedTargetGraceMs)
  const removedLookMs = Math.min(settings.janitorIntervalMs, times.silentMs)
  // What waits for them still fills the store; asked now and then, as a look at the load is one round trip.
  let removed: readonly string[] = []
  const tellKnownTargets = async () => {
    for (const target of await noteKnownTargets(store, targetNames()))
      logger.info({ target }, 'the target is back: what waits for it is delivered')
    removed = await removedTargetNames(store)
  }
  const gates = createGates({
    onRefused: countRefusals(registry),
    onNoRoom: () => {
      loads.wake()
    },
  })
  registerGateGauge(registry, gates)
  const watching: WatchLoadDeps = {
    store,
    gates,
    limits: () => limitsOf(settings, live.targets),
    targets: () => [...new Set([...targetNames(), ...removed])],
    logger,
    onLook: createBacklogTeller({ store, queues, telling: alerts, targets: () => live.routed }),
    onError,
  }
  // Before anything comes in; without an answer Redis refuses by itself.
  await lookAtLoad(watching).catch(onError)
  const loads = watchLoad(watching)

  const replays = repeat(REPLAY_LOOK_MS, runner.look, onError)
  const telling = repeat(times.tellEveryMs, tellKnownTargets, onError)
  const background = [
    replays,
    loads,
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
    repeat(
      settings.janitorIntervalMs,
      () => forgetDueEvents({ store, queues, holder, intervalMs: settings.janitorIntervalMs }),
      onError,
    ),
    telling,
    repeat(
      removedLookMs,
      watchRemovedTargets({
        store,
        queues,
        logger,
        telling: alerts,
        holder,
        intervalMs: removedLookMs,
        graceMs: settings.removedTargetGraceMs,
        silentMs: times.silentMs,
        signal: stopping.signal,
      }),
      onError,
    ),
  ]

  // Waits and streams end when the producer stops, instead of holding it up.
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  const hub = createChangeHub({
    store,
    connect: () => connectRedis(settings.redis, 'patient', onError),
    onError,
  })

  const lookUpTypes = createTypeLookup(store)
  const streams = createOpenStreams({
    max: settings.maxStreams,
    beatMs: BEAT_MS,
    leaving: leaving.signal,
  })
  registerStreamGauge(registry, streams)
  metrics.watchFollowers(hub.followers)

  const { identify } = callers
  const limiter =
    settings.rateLimits === undefined ? undefined : await createRateLimiter(store, settings.rateLimits)
  const app = createApp({
    store,
    hub,
    feed: createLiveFeed({ hub, lookUpTypes, onError }),
    lookUpTypes,
    streams,
    identify,
    limiter,
    trustProxy: settings.trustProxy,
    isSecure: settings.tls !== undefined,
    isKeyless: isKeyless(settings),
    allowedOrigins: settings.allowedOrigins,
    leaving: leaving.signal,
    queues,
    registry,
    tracing,
    logger,
    audit: auditRequest(trail),
    newEventId: () => newEventId(clock.now()),
    // Asked for each request: a reload is in force for the next one, and every connection stays.
    get events() {
      return live.events
    },
    get targets() {
      return live.targets
    },
    get sources() {
      return live.sources
    },
    get route() {
      return live.route
    },
    get optionalTargets() {
      return live.optionalTargets
    },
    get judgeCallbackUrl() {
      return live.judgeCallbackUrl
    },
    enqueue: enqueuer.enqueue,
    intake: gates,
    requireScope: scopeGuard(identify, limiter),
    maxBodyBytes: settings.maxBodyBytes,
    maxBatchBytes: settings.maxBatchBytes,
    removedTargetGraceMs: settings.removedTargetGraceMs,
    onAccepted: metrics.accepted,
    onAnswered: metrics.answered,
    onReplayCreated: replays.wake,
    onBrokenFilters: (type, targets) => {
      logger.warn({ type, targets }, 'a filter threw: its target gets the event')
    },
  })
  const server = createHttpServer({
    app,
    certificates,
    maxConnections: settings.maxConnections,
    stillMs,
    logger,
  })
  const port = await listenOn(server, settings.host, settings.port ?? DEFAULT_PORT)
  const scheme = settings.tls === undefined ? 'http' : 'https'
  logger.info({ host: settings.host, port, scheme, targets: targetNames() }, 'producer is listening')

  return {
    port,
    reload: (next) => {
      requireSecrets(next.sources.map((source) => source.verify))
      live = readLive(next)
      telling.wake()
    },
    reloadFiles: async () => {
      await Promise.all([callers.reload(), certificates?.reload()])
    },
    close: async () => {
      leaving.abort()
      await closeHttpServer(server, settings.drainMs)
      await certificates?.stop()
      await hub.close()
      await enqueuer.drain()
      stopping.abort()
      await Promise.all(background.map((one) => one.stop()))
      await runner.idle()
      await tracing.close()
      await queues.close()
      keeping?.disconnect()
      clock.stop()
      redis.disconnect()
    },
  }
}

/** What the producer takes from a config. */
function readLive(config: Config) {
  return {
    events: config.events,
    targets: everyTarget(config),
    /** Those that events are routed to. */
    routed: config.targets,
    sources: config.sources,
    route: compileRouter(config.targets),
    optionalTargets: new Set(config.targets.filter(({ required }) => !required).map(({ name }) => name)),
    judgeCallbackUrl: callbackUrlJudge(config.callbacks),
    bundleSizes: new Map(config.targets.map((target) => [target.name, bundleSizeOf(target)])),
  }
}
