/**
 * The producer: the HTTP intake, and the background work any producer may do (background.ts).
 *
 * Owns the assembly of the parts and the order in which they stop. `main.ts` is the process around it.
 */
import { setMaxListeners } from 'node:events'
import {
  isKeyless,
  requireKeysBeyondLoopback,
  requireKnownLimits,
  requireSecrets,
  unknownLimitedNames,
  type Config,
  type Settings,
} from '@manifold/config'
import { createEventIdFactory } from '@manifold/domain'
import { registerQueueGauges } from '@manifold/queue'
import { createRegistry, listenOn, secureRandom, type Logger } from '@manifold/runtime'
import { connectRedis, storeNow, tellingOf } from '@manifold/store'
import { startTracing } from '@manifold/tracing'
import { startBackground } from './background.ts'
import { openCallers } from './callers/open-callers.ts'
import { createChangeHub } from './changes/change-hub.ts'
import { createEnqueuer } from './enqueuer.ts'
import { createApp } from './http/app.ts'
import { auditReplay, auditRequest, auditTrail } from './http/audit.ts'
import { closeHttpServer, createHttpServer } from './http/http-server.ts'
import { scopeGuard } from './http/require-scope.ts'
import { readLive } from './live-config.ts'
import { openStore } from './open-store.ts'
import { createProducerMetrics } from './producer-metrics.ts'
import { createRateLimiter } from './rate-limit/rate-limiter.ts'
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
  const { store, queues, onError, close: closeStore } = await openStore(settings, logger)
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
  const trail = auditTrail(logger)
  const newEventId = createEventIdFactory(secureRandom)
  const background = await startBackground({
    settings,
    store,
    queues,
    registry,
    live: () => live,
    telling: alerts,
    countRescued: metrics.rescued,
    onDied: metrics.died,
    onReplayCompleted: auditReplay(trail),
    logger,
    onError,
  })

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
    telling: alerts,
    registry,
    tracing,
    logger,
    audit: auditRequest(trail),
    newEventId: () => newEventId(storeNow(store)),
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
    intake: background.gates,
    requireScope: scopeGuard(identify, limiter),
    maxBodyBytes: settings.maxBodyBytes,
    maxBatchBytes: settings.maxBatchBytes,
    removedTargetGraceMs: settings.removedTargetGraceMs,
    onAccepted: metrics.accepted,
    onAnswered: metrics.answered,
    onReplayCreated: background.wakeReplays,
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
      background.wakeTelling()
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
      await background.stop()
      await tracing.close()
      await closeStore()
    },
  }
}
