/**
 * The producer: the HTTP intake, and the background work any producer may do (relay, janitor, bulk replays).
 *
 * Owns the assembly of the parts and the order in which they stop. `main.ts` is the process around it.
 */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  everyTarget,
  requireKeysBeyondLoopback,
  requireSecrets,
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
import {
  createRegistry,
  listenOn,
  repeat,
  reportErrors,
  secureRandom,
  SERVER_LIMITS,
  type Logger,
} from '@manifold/runtime'
import {
  connectRedis,
  createKeep,
  followRedisClock,
  isRedisReply,
  isStoreUnavailable,
  noteKnownTargets,
  persistenceWarnings,
  tellingOf,
  waitForRedis,
  type Store,
} from '@manifold/store'
import { startTracing } from '@manifold/tracing'
import { createReplayRunner } from './bulk-replay.ts'
import { createChangeHub } from './changes/change-hub.ts'
import { createEnqueuer } from './enqueuer.ts'
import { callerIdentifier } from './callers/identify-caller.ts'
import { openTokens } from './callers/open-tokens.ts'
import { createApp } from './http/app.ts'
import { auditRequest } from './http/audit.ts'
import { limitConnections } from './http/limit-connections.ts'
import { giveTargetAPath } from './http/request-target.ts'
import { scopeGuard } from './http/require-scope.ts'
import { exemptSlowBodies } from './http/slow-body.ts'
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
import { asksForWebSocket, serveUpgrades } from './websocket/upgrade.ts'

export type ProducerOptions = {
  readonly settings: Settings
  readonly config: Config
  readonly logger: Logger
}

export type RunningProducer = {
  readonly port: number
  /** From now on requests go by this config; those under way end by the one before. @throws when a secret is missing */
  readonly reload: (config: Config) => void
  /** Reads the certificate again; a bad one changes nothing, and is logged. Without TLS there is nothing to do. */
  readonly reloadCertificates: () => Promise<void>
  readonly close: () => Promise<void>
}

const DEFAULT_PORT = 3_000
const REPLAY_LOOK_MS = 500

/** Starts taking events. Waits for Redis, however long, and says so. @throws when the port is taken */
export async function startProducer({ settings, config, logger }: ProducerOptions): Promise<RunningProducer> {
  requireKeysBeyondLoopback(settings)
  requireSecrets(config.sources.map((source) => source.verify))
  const readToken = settings.jwt === undefined ? undefined : await openTokens(settings.jwt, logger)
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

  const runner = createReplayRunner({
    store,
    queues,
    holder,
    signal: stopping.signal,
    isKnown: (target) => live.targets.some(({ name }) => name === target),
    onError,
    logger,
    onCompleted: ({ id, matched, replayed, failed }) => {
      logger.info({ audit: true, replayId: id, matched, replayed, failed }, 'audit: replay completed')
    },
  })
  const times = knownTargetTimes(settings.removedTargetGraceMs)
  const removedLookMs = Math.min(settings.janitorIntervalMs, times.silentMs)
  const tellKnownTargets = async () => {
    for (const target of await noteKnownTargets(store, targetNames()))
      logger.info({ target }, 'the target is back: what waits for it is delivered')
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
    targets: targetNames,
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
        onDied: metrics.died,
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

  const identify = callerIdentifier(settings.apiKeys, readToken)
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
    allowedOrigins: settings.allowedOrigins,
    leaving: leaving.signal,
    queues,
    telling: alerts,
    registry,
    tracing,
    logger,
    audit: auditRequest(logger),
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
    onAccepted: metrics.accepted,
    onAnswered: metrics.answered,
    onReplayCreated: replays.wake,
    onBrokenFilters: (type, targets) => {
      logger.warn({ type, targets }, 'a filter threw: its target gets the event')
    },
  })
  const serverOptions = {
    ...SERVER_LIMITS,
    // What Node would refuse in its own words goes to the application: it has better ones.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket,
  }
  const server =
    certificates === undefined
      ? createServer(serverOptions, app)
      : certificates.serve(createTlsServer({ ...serverOptions, ...certificates.options }, app))
  limitConnections(server, settings.maxConnections, logger)
  server.on('checkExpectation', app)
  server.on('upgrade', serveUpgrades(app))
  server.prependListener('request', giveTargetAPath)
  exemptSlowBodies(server)
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
    reloadCertificates: () => certificates?.reload() ?? Promise.resolve(),
    close: async () => {
      leaving.abort()
      await closeServer(server, settings.drainMs)
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

/** Lets requests under way finish, for at most `drainMs`. */
async function closeServer(server: Server, drainMs: number): Promise<void> {
  const timer = setTimeout(() => {
    server.closeAllConnections()
  }, drainMs)
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  clearTimeout(timer)
}
