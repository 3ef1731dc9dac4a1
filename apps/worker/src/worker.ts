/**
 * The worker: consumes the queues of some targets and delivers, with a health server beside.
 *
 * Owns the assembly of the parts and the order in which they stop. `main.ts` is the process around it.
 */
import { randomUUID } from 'node:crypto'
import { DEFAULT_REDIS_URL, type Settings } from '@manifold/config'
import { createTargetClient } from '@manifold/delivery'
import { breakerOf, CALLBACKS_TARGET, deliveryId, type Target } from '@manifold/domain'
import {
  consumeDeliveries,
  limitTargetConcurrency,
  openQueues,
  pauseTarget,
  reconcile,
  registerQueueGauges,
  startRelay,
  type Consumer,
  type ConsumeOptions,
} from '@manifold/queue'
import {
  createFailpoint,
  createRegistry,
  randomHex,
  repeat,
  reportErrors,
  startHealthServer,
  VERSION,
  withinMs,
  type Health,
  type Logger,
} from '@manifold/runtime'
import {
  connectRedis,
  createSettler,
  createSingleSettler,
  isRedisReply,
  isStoreUnavailable,
  markGone,
  noteHostBreaker,
  persistenceWarnings,
  waitForRedis,
  type Settle,
  type Store,
} from '@manifold/store'
import { startTracing } from '@manifold/tracing'
import { deliver, refuse, type DeliverDeps, type DeliveryReport } from './deliver.ts'
import { createAlone } from './alone/process.ts'
import { handlerLogger } from './handler-logger.ts'
import { createHostShares } from './host-share.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

export type WorkerOptions = {
  readonly settings: Settings
  readonly targets: readonly Target[]
  readonly logger: Logger
}

export type RunningWorker = {
  /** Of the health server. */
  readonly port: number
  /** @param crashed whether that is because of an error that nobody caught */
  readonly close: (crashed?: boolean) => Promise<void>
}

const DEFAULT_HEALTH_PORT = 3_001
/** Enough to tell the processes of one delivery apart. */
const PROCESS_BYTES = 3
const SAMPLE_MS = 5_000
/** Jobs that wait this long beside a worker with room for them mean that it no longer consumes. */
const STUCK_MS = 30_000

/** Starts consuming. Waits for Redis, however long, and says so. @throws when the health port is taken */
export async function startWorker({ settings, targets, logger }: WorkerOptions): Promise<RunningWorker> {
  const onError = reportErrors(logger, (error) =>
    isStoreUnavailable(error) ? (isRedisReply(error) ? 'refusal' : 'outage') : 'bug',
  )
  const redis = connectRedis(settings.redisUrl ?? DEFAULT_REDIS_URL, 'patient', (error) => {
    logger.warn({ reason: error.message }, 'Redis is away; work goes on when it is back')
  })
  await waitForRedis(redis, () => {
    logger.warn('waiting for Redis')
  })
  const store: Store = { redis, retention: settings.retention }

  const queues = openQueues(redis, onError)
  const tracing = await startTracing(settings.tracing, 'manifold-worker', logger)
  const registry = createRegistry('worker')
  const consumers = new Map<string, Consumer>()
  const metrics = createWorkerMetrics({
    registry,
    targets: () => targets.map((target) => target.name),
    inFlight: (target) => consumers.get(target)?.inFlight() ?? 0,
  })
  registerQueueGauges({ registry, store, queues, targets: () => targets.map((target) => target.name) })

  // Before anything is taken: a port in use must not cost a delivery. Side by side: none of it needs another.
  const [health, warnings] = await Promise.all([
    startHealthServer(
      settings.host,
      settings.port ?? DEFAULT_HEALTH_PORT,
      {
        live: () => liveness(redis.status === 'ready', consumers),
        ready: async (): Promise<Health> => {
          await withinMs(1_000, 'Redis', redis.ping())
          return { ok: true }
        },
      },
      registry,
    ),
    persistenceWarnings(store),
    ...targets.map((target) => limitTargetConcurrency(queues, target.name, target.maxConcurrency)),
  ])
  for (const warning of warnings) logger.warn(warning)

  const process = randomHex(PROCESS_BYTES)
  let crashing = false
  const resources = targets.map((target) => {
    const client = createTargetClient(target)
    const alone = createAlone(target)
    const deps: DeliverDeps = {
      store,
      settle: settlerOf(store, target),
      tracing,
      target,
      client,
      userAgent: `manifold/${VERSION}`,
      now: Date.now,
      random: Math.random,
      process,
      isCrashing: () => crashing,
      alone,
      onSuspect: (ref, crashes) => {
        logger.warn(
          { target: target.name, deliveryId: deliveryId(ref.eventId, ref.target), crashes },
          'several workers ended with this delivery in hand: it is tried in a process of its own',
        )
      },
      failpoint: createFailpoint(settings.failpoint),
      handlerLogger: handlerLogger(logger, target.name),
      onSettled: (report) => {
        metrics.settled(report)
        logDelivery(logger, report)
        logBreaker(logger, target, report)
        noteBreaker(store, target, report)?.catch(onError)
      },
      onCallbackOwed: (eventId, settledAtMs) => {
        // On the outbox: should this fail, the relay pays it.
        reconcile(store, queues, [{ kind: 'callback', eventId, settledAtMs }]).catch(onError)
      },
      holds: hasManyHosts(target) ? 'delivery' : 'target',
      onGone: async () => {
        await markGone(store, target.name)
        await pauseTarget(queues, target.name)
        logger.fatal(
          { target: target.name },
          'the target says that it is gone (410): paused until somebody resumes it',
        )
      },
    }
    const consumer = consumeDeliveries({
      target,
      store,
      queues,
      deliver: hasManyHosts(target)
        ? deliverByHost(deps)
        : (refs, claimant, signal) => deliver(deps, refs, claimant, signal),
      refuse: (ref, error) => refuse(deps, ref, error),
      lockMs: settings.lockMs,
      stalledCheckMs: settings.stalledCheckMs,
      onError,
      onStalled: (jobId) => {
        metrics.takenOver(target.name)
        logger.warn(
          { target: target.name, entry: jobId },
          'taken over from a worker that died, or fell silent',
        )
      },
    })
    consumers.set(target.name, consumer)
    return { client, alone }
  })

  const holder = randomUUID()
  const background = [
    repeat(
      SAMPLE_MS,
      () => Promise.all([...consumers.values()].map((consumer) => consumer.sample())),
      onError,
    ),
    startRelay({
      store,
      queues,
      holder,
      ageMs: settings.relayAgeMs,
      logger,
      count: metrics.rescued,
      onError,
    }),
  ]

  logger.info(
    { targets: targets.map((target) => target.name), healthPort: health.port },
    'worker is consuming',
  )

  return {
    port: health.port,
    close: async (crashed = false) => {
      crashing = crashed
      await Promise.all([...consumers.values()].map((consumer) => consumer.close(settings.drainMs)))
      const stopped = Promise.all(background.map((one) => one.stop()))
      // Without Redis a background run waits for it for ever, and ioredis forgets commands that it kept for a reconnection.
      if (redis.status === 'ready') await stopped
      else redis.disconnect()
      for (const { alone } of resources) alone.close()
      await Promise.all(resources.map(({ client }) => client.close()))
      await tracing.close()
      await health.close()
      await queues.close()
      redis.disconnect()
    },
  }
}

/** Each callback goes to a host of its own, with a breaker of its own. */
function hasManyHosts(target: Target): boolean {
  return target.name === CALLBACKS_TARGET
}

/** One by one, as only what shares a breaker is claimed together, and none of the hosts takes every slot. */
function deliverByHost(deps: DeliverDeps): ConsumeOptions['deliver'] {
  const shares = createHostShares(deps.target.concurrency, deps.random)
  return (refs, claimant, signal) =>
    refs.map((ref) =>
      shares(ref, async () => (await deliver(deps, [ref], claimant, signal)[0]) ?? { kind: 'hand-back' }),
    )
}

/** Only what shares a breaker is settled together. */
function settlerOf(store: Store, target: Target): Settle {
  return hasManyHosts(target)
    ? createSingleSettler(store, target.breaker)
    : createSettler(store, target.name, target.breaker)
}

/** Where a target has a breaker for each host, operators are told which are open. */
function noteBreaker(
  store: Store,
  target: Target,
  { ref, result }: DeliveryReport,
): Promise<void> | undefined {
  if (!hasManyHosts(target) || result.kind !== 'applied' || result.breaker === undefined) return undefined
  return noteHostBreaker(store, target.name, breakerOf(target.name, ref.eventId), result.breaker)
}

/** Stuck while Redis is away is not for a restart to mend. */
function liveness(redisIsReady: boolean, consumers: ReadonlyMap<string, Consumer>): Health {
  if (!redisIsReady) return { ok: true }
  for (const [target, consumer] of consumers) {
    const stuckMs = consumer.consumption.stuckForMs(Date.now())
    if (stuckMs > STUCK_MS) {
      return {
        ok: false,
        problem: `deliveries to ${target} have waited ${String(stuckMs)} ms without one being taken`,
      }
    }
  }
  return { ok: true }
}

/** One line for each change of the breaker. */
function logBreaker(logger: Logger, target: Target, { ref, result, attempt }: DeliveryReport): void {
  if (result.kind !== 'applied' || result.breaker === undefined) return
  const line = {
    target: target.name,
    breaker: breakerOf(target.name, ref.eventId),
    reason: attempt?.reason,
  }
  if (result.breaker === 'opened') {
    logger.error(
      { ...line, openMs: target.breaker.openMs },
      'breaker opened: nothing is attempted until a probe',
    )
  } else {
    logger.info(line, 'breaker closed: the probe was delivered')
  }
}

/** The one wide line of an attempt. */
function logDelivery(logger: Logger, report: DeliveryReport): void {
  const { ref, attempt, settlement, result } = report
  const line = {
    eventId: ref.eventId,
    deliveryId: deliveryId(ref.eventId, ref.target),
    traceId: report.traceId,
    spanId: report.spanId,
    target: ref.target,
    type: report.eventType,
    generation: ref.generation,
    attempt: report.attemptNumber,
    outcome: attempt?.outcome,
    reason: settlement.kind === 'dead' ? settlement.reason : attempt?.reason,
    httpStatus: attempt?.httpStatus ?? undefined,
    error: attempt?.error,
    // Of failures alone: a line about a success stays short.
    ...report.exchange,
    durationMs: attempt?.durationMs,
    ageMs: report.ageMs,
    settlement: settlement.kind,
    nextInMs: settlement.kind === 'retry' || settlement.kind === 'defer' ? settlement.delayMs : undefined,
    applied: result.kind === 'applied' ? undefined : result.kind,
    eventStatus:
      result.kind === 'applied' && result.eventStatus !== 'pending' ? result.eventStatus : undefined,
  }
  switch (settlement.kind) {
    case 'delivered':
      logger.info(line, 'delivered')
      return
    case 'retry':
      logger.warn(line, 'will retry')
      return
    case 'defer':
      logger.warn(line, 'deferred')
      return
    case 'dead':
      logger.error(line, 'dead letter')
      return
    default:
      settlement satisfies never
  }
}
