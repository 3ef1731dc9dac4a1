/**
 * The producer: the HTTP intake, and the background work any producer may do (relay, janitor, bulk replays).
 *
 * Owns the assembly of the parts and the order in which they stop. `main.ts` is the process around it.
 */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { createServer, type Server } from 'node:http'
import {
  DEFAULT_REDIS_URL,
  everyTarget,
  requireKeysBeyondLoopback,
  requireSecrets,
  type Config,
  type Settings,
} from '@manifold/config'
import { compileRouter, createEventIdFactory } from '@manifold/domain'
import { bundleSizeOf, forgetDueEvents, openQueues, registerQueueGauges, startRelay } from '@manifold/queue'
import {
  createFailpoint,
  createRegistry,
  listenOn,
  repeat,
  reportErrors,
  secureRandom,
  type Logger,
} from '@manifold/runtime'
import {
  connectRedis,
  isRedisReply,
  isStoreUnavailable,
  persistenceWarnings,
  waitForRedis,
  type Store,
} from '@manifold/store'
import { startTracing } from '@manifold/tracing'
import { createReplayRunner } from './bulk-replay.ts'
import { createChangeHub } from './changes/change-hub.ts'
import { createEnqueuer } from './enqueuer.ts'
import { createApp } from './http/app.ts'
import { giveTargetAPath } from './http/request-target.ts'
import { scopeGuard } from './http/require-scope.ts'
import { exemptSlowBodies } from './http/slow-body.ts'
import { callbackUrlJudge } from './judge-callback-url.ts'
import { createProducerMetrics } from './producer-metrics.ts'
import { createLiveFeed } from './streams/live-feed.ts'
import { BEAT_MS, createOpenStreams } from './streams/open-streams.ts'
import { registerStreamGauge } from './streams/stream-gauge.ts'
import { createTypeLookup } from './streams/type-lookup.ts'
import { asksForWebSocket, serveUpgrades } from './websocket/upgrade.ts'

export type ProducerOptions = {
  readonly settings: Settings
  readonly config: Config
  readonly logger: Logger
}

export type RunningProducer = { readonly port: number; readonly close: () => Promise<void> }

const DEFAULT_PORT = 3_000
const REPLAY_LOOK_MS = 500

/** Starts taking events. Waits for Redis, however long, and says so. @throws when the port is taken */
export async function startProducer({ settings, config, logger }: ProducerOptions): Promise<RunningProducer> {
  requireKeysBeyondLoopback(settings)
  requireSecrets(config.sources.map((source) => source.verify))
  const redis = connectRedis(settings.redisUrl ?? DEFAULT_REDIS_URL, 'fail-fast', (error) => {
    logger.warn({ reason: error.message }, 'Redis is away; requests get 503 until it is back')
  })
  await waitForRedis(redis, () => {
    logger.warn('waiting for Redis')
  })
  const store: Store = { redis, retention: settings.retention }
  for (const warning of await persistenceWarnings(store)) logger.warn(warning)

  const onError = reportErrors(logger, (error) =>
    isStoreUnavailable(error) ? (isRedisReply(error) ? 'refusal' : 'outage') : 'bug',
  )
  const queues = openQueues(redis, onError)
  const tracing = await startTracing(settings.tracing, 'manifold-producer', logger)
  const registry = createRegistry('producer')
  const metrics = createProducerMetrics(registry)
  const targets = everyTarget(config)
  const targetNames = targets.map((target) => target.name)
  registerQueueGauges({ registry, store, queues, targets: () => targetNames })

  const failpoint = createFailpoint(settings.failpoint)
  const bundleSizes = new Map(config.targets.map((target) => [target.name, bundleSizeOf(target)]))
  const enqueuer = createEnqueuer({
    store,
    queues,
    bundleSizeOf: (target) => bundleSizes.get(target) ?? 1,
    failpoint,
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
    failpoint,
    targets: new Set(targetNames),
    onError,
    logger,
    onCompleted: ({ id, matched, replayed, failed }) => {
      logger.info({ replayId: id, matched, replayed, failed }, 'replay completed')
    },
  })
  const replays = repeat(REPLAY_LOOK_MS, runner.look, onError)
  const background = [
    replays,
    startRelay({
      store,
      queues,
      holder,
      ageMs: settings.relayAgeMs,
      logger,
      count: metrics.rescued,
      onError,
    }),
    repeat(
      settings.janitorIntervalMs,
      () => forgetDueEvents({ store, queues, holder, intervalMs: settings.janitorIntervalMs }),
      onError,
    ),
  ]

  // Waits and streams end when the producer stops, instead of holding it up.
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  const hub = createChangeHub({
    store,
    connect: () => connectRedis(settings.redisUrl ?? DEFAULT_REDIS_URL, 'patient', onError),
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

  const app = createApp({
    store,
    hub,
    feed: createLiveFeed({ hub, lookUpTypes, onError }),
    lookUpTypes,
    streams,
    apiKeys: settings.apiKeys,
    allowedOrigins: settings.allowedOrigins,
    leaving: leaving.signal,
    queues,
    registry,
    tracing,
    logger,
    failpoint,
    newEventId: () => newEventId(Date.now()),
    events: config.events,
    targets,
    sources: config.sources,
    route: compileRouter(config.targets),
    optionalTargets: new Set(config.targets.filter(({ required }) => !required).map(({ name }) => name)),
    judgeCallbackUrl: callbackUrlJudge(config.callbacks),
    enqueue: enqueuer.enqueue,
    requireScope: scopeGuard(settings.apiKeys),
    maxBodyBytes: settings.maxBodyBytes,
    maxBatchBytes: settings.maxBatchBytes,
    onAccepted: metrics.accepted,
    onAnswered: metrics.answered,
    onReplayCreated: replays.wake,
    onBrokenFilters: (type, targets) => {
      logger.warn({ type, targets }, 'a filter threw: its target gets the event')
    },
  })
  const limits = { requestTimeout: 60_000, headersTimeout: 20_000 }
  // What Node would refuse in its own words goes to the application: it has better ones.
  const server = createServer(
    { ...limits, requireHostHeader: false, shouldUpgradeCallback: asksForWebSocket },
    app,
  )
  server.on('checkExpectation', app)
  server.on('upgrade', serveUpgrades(app))
  server.prependListener('request', giveTargetAPath)
  exemptSlowBodies(server)
  const port = await listenOn(server, settings.host, settings.port ?? DEFAULT_PORT)
  logger.info({ host: settings.host, port, targets: targetNames }, 'producer is listening')

  return {
    port,
    close: async () => {
      leaving.abort()
      await closeServer(server, settings.drainMs)
      await hub.close()
      await enqueuer.drain()
      stopping.abort()
      await Promise.all(background.map((one) => one.stop()))
      await runner.idle()
      await tracing.close()
      await queues.close()
      redis.disconnect()
    },
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
