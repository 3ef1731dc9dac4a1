/**
 * The work that any producer does beside its requests: bulk replays, looks at the load, the relay, the janitor, and telling and
 * watching which targets there are.
 *
 * Owns when each of them runs, and the order in which they stop.
 */
import { randomUUID } from 'node:crypto'
import type { Settings } from '@manifold/config'
import { forgetDueEvents, knownTargetTimes, startRelay, type Queues } from '@manifold/queue'
import { repeat, type Logger, type Registry } from '@manifold/runtime'
import { noteKnownTargets, removedTargetNames, type Replay, type Store, type Telling } from '@manifold/store'
import { createReplayRunner } from './bulk-replay.ts'
import type { LiveConfig } from './live-config.ts'
import { createGates, type Gates } from './overload/intake.ts'
import { limitsOf } from './overload/limits.ts'
import { countRefusals, registerGateGauge } from './overload/overload-metrics.ts'
import { createBacklogTeller } from './overload/tell-backlog.ts'
import { lookAtLoad, watchLoad, type WatchLoadDeps } from './overload/watch-load.ts'
import { watchRemovedTargets } from './removed-targets.ts'

export type BackgroundDeps = {
  readonly settings: Settings
  readonly store: Store
  readonly queues: Queues
  readonly registry: Registry
  /** The config in force. */
  readonly live: () => LiveConfig
  /** Who gets operational events. */
  readonly telling: Telling
  /** Counts what the relay enqueued. */
  readonly countRescued: (entries: number) => void
  /** So many deliveries of a removed target died. */
  readonly onDied: (target: string, count: number) => void
  readonly onReplayCompleted: (replay: Replay) => void
  readonly logger: Logger
  readonly onError: (error: unknown) => void
}

export type ProducerBackground = {
  /** Whether events may come in. */
  readonly gates: Gates
  /** A bulk replay was asked for. */
  readonly wakeReplays: () => void
  /** The config has changed. */
  readonly wakeTelling: () => void
  /** Resolves when nothing runs any more. */
  readonly stop: () => Promise<void>
}

const REPLAY_LOOK_MS = 500

/** Starts all of it, once the load was looked at. */
export async function startBackground(deps: BackgroundDeps): Promise<ProducerBackground> {
  const { settings, store, queues, registry, live, telling, logger, onError } = deps
  const targetNames = () => live().targets.map((target) => target.name)
  const holder = randomUUID()
  const stopping = new AbortController()

  const runner = createReplayRunner({
    store,
    queues,
    holder,
    signal: stopping.signal,
    isKnown: (target) => live().targets.some(({ name }) => name === target),
    onError,
    logger,
    onCompleted: deps.onReplayCompleted,
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
    limits: () => limitsOf(settings, live().targets),
    targets: () => [...new Set([...targetNames(), ...removed])],
    logger,
    onLook: createBacklogTeller({ store, queues, telling, targets: () => live().routed }),
    onError,
  }
  // Before anything comes in; without an answer Redis refuses by itself.
  await lookAtLoad(watching).catch(onError)
  const loads = watchLoad(watching)

  const replays = repeat(REPLAY_LOOK_MS, runner.look, onError)
  const known = repeat(times.tellEveryMs, tellKnownTargets, onError)
  const loops = [
    replays,
    loads,
    startRelay({
      store,
      queues,
      holder,
      ageMs: settings.relayAgeMs,
      telling,
      logger,
      count: deps.countRescued,
      onError,
    }),
    repeat(
      settings.janitorIntervalMs,
      () => forgetDueEvents({ store, queues, holder, intervalMs: settings.janitorIntervalMs }),
      onError,
    ),
    known,
    repeat(
      removedLookMs,
      watchRemovedTargets({
        store,
        queues,
        logger,
        telling,
        onDied: deps.onDied,
        holder,
        intervalMs: removedLookMs,
        graceMs: settings.removedTargetGraceMs,
        silentMs: times.silentMs,
        signal: stopping.signal,
      }),
      onError,
    ),
  ]

  return {
    gates,
    wakeReplays: replays.wake,
    wakeTelling: known.wake,
    stop: async () => {
      stopping.abort()
      await Promise.all(loops.map((one) => one.stop()))
      await runner.idle()
    },
  }
}
