/**
 * Serving a target: everything one target needs in a worker, from the first job taken to the last one drained.
 *
 * Owns what a reload replaces: a target whose options may have changed is closed, and served anew.
 */
import { createTargetClient } from '@manifold/delivery'
import { breakerOf, CALLBACKS_TARGET, deliveryId, type Target } from '@manifold/domain'
import type { Settings } from '@manifold/config'
import {
  consumeDeliveries,
  limitTargetConcurrency,
  pauseTarget,
  reconcile,
  type Consumer,
  type ConsumeOptions,
  type Queues,
} from '@manifold/queue'
import { VERSION, type Logger } from '@manifold/runtime'
import {
  createSettler,
  createSingleSettler,
  markGone,
  noteHostBreaker,
  storeNow,
  type Settle,
  type Store,
  type Telling,
} from '@manifold/store'
import { createAlone } from './alone/process.ts'
import { deliver, refuse, type DeliverDeps } from './deliver.ts'
import { logBreaker, logDelivery, logHandedBack } from './delivery-log.ts'
import type { DeliveryReport } from './delivery-report.ts'
import { handlerLogger } from './handler-logger.ts'
import { createHostShares } from './host-share.ts'
import { tellOfLostLocks } from './lost-locks.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

const NEWER_TELL_MS = 10_000

export type ServeDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly settings: Settings
  readonly logger: Logger
  readonly metrics: WorkerMetrics
  readonly tracing: DeliverDeps['tracing']
  /** Who is told of what happens to deliveries. */
  readonly alerts: Telling
  /** This process, since its start. */
  readonly process: string
  readonly isCrashing: () => boolean
  readonly onError: (error: unknown) => void
}

export type Served = {
  /** With the options that it is served with. */
  readonly target: Target
  readonly consumer: Consumer
  /**
   * Takes nothing more, and resolves when what was under way is done, or handed back: at the latest after `ms` and a second. Asked
   * again with less, it ends sooner.
   */
  readonly drain: (ms: number) => Promise<void>
  /** Behind the drain: lets go of connections and processes. */
  readonly release: () => Promise<void>
}

/** Starts consuming. */
export async function serveTarget(serve: ServeDeps, target: Target): Promise<Served> {
  const { store, queues, settings, logger, metrics, onError } = serve
  await limitTargetConcurrency(queues, target.name, target.maxConcurrency)
  const redisNow = () => storeNow(store)
  const client = createTargetClient(target)
  const alone = createAlone(target, redisNow)
  const deps: DeliverDeps = {
    store,
    settle: settlerOf(store, target, serve.alerts),
    tracing: serve.tracing,
    target,
    client,
    userAgent: `manifold/${VERSION}`,
    now: Date.now,
    redisNow,
    random: Math.random,
    process: serve.process,
    isCrashing: serve.isCrashing,
    lockMs: settings.lockMs,
    alone,
    onSuspect: (ref, crashes) => {
      logger.warn(
        { target: target.name, deliveryId: deliveryId(ref.eventId, ref.target), crashes },
        'several workers ended with this delivery in hand: it is tried in a process of its own',
      )
    },
    handlerLogger: handlerLogger(logger, target.name),
    onSettled: (report) => {
      metrics.settled(report)
      logDelivery(logger, report)
      logBreaker(logger, target, report)
      noteBreaker(store, target, report)?.catch(onError)
    },
    onHandedBack: (report) => {
      logHandedBack(logger, report)
    },
    onCallbackOwed: (eventId, settledAtMs) => {
      // On the outbox: should this fail, the relay pays it.
      reconcile(store, queues, [{ kind: 'callback', eventId, settledAtMs }]).catch(onError)
    },
    onOwed: (owed) => {
      // The same.
      reconcile(store, queues, owed, serve.alerts).catch(onError)
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
  const tellOfNewer = newerTeller(logger, target.name)
  const lostLocks = tellOfLostLocks(logger, target.name)
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
      logger.warn({ target: target.name, entry: jobId }, 'taken over from a worker that died, or fell silent')
    },
    onLost: lostLocks.lost,
    onNewer: (entry) => {
      metrics.leftToNewer(target.name)
      tellOfNewer(entry)
    },
  })
  let end: Promise<void> | undefined
  return {
    target,
    consumer,
    // Asked again it ends with whichever is first.
    drain: (ms) => (end = Promise.race([consumer.close(ms), ...(end === undefined ? [] : [end])])),
    release: async () => {
      lostLocks.flush()
      alone.close()
      await client.close()
    },
  }
}

/** Once in a while: there may be as many as there are deliveries. */
function newerTeller(logger: Logger, target: string): (entry: string) => void {
  let toldAtMs = -Infinity
  return (entry) => {
    if (performance.now() - toldAtMs < NEWER_TELL_MS) return
    toldAtMs = performance.now()
    logger.warn(
      { target, entry },
      'a newer version wrote what only its workers can read: it waits for them, at no cost; upgrade this worker',
    )
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

/** Only what shares a breaker is settled together. Callers bring the hosts of callbacks: what happens there is not told. */
function settlerOf(store: Store, target: Target, alerts: Telling): Settle {
  return hasManyHosts(target)
    ? createSingleSettler(store, target.breaker)
    : createSettler(store, target.name, target.breaker, () => alerts.heard)
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
