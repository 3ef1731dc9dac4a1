/**
 * Watches the load: measures it a few times a second, and sooner when the room is used up, and tells the gates.
 *
 * Owns when to look, and what operators are told. While Redis is away the gates stay as they are: it refuses by itself.
 */
import type { Load, LoadLimits } from '@manifold/domain'
import { repeat, type Background, type Logger } from '@manifold/runtime'
import { readLoad, storeNow, type Store } from '@manifold/store'
import type { GateChange, Gates } from './intake.ts'

/** A look is one round trip, whatever comes in. */
const LOOK_MS = 250
/** However many are refused for want of room, looks are at least so far apart. */
const LEAST_LOOK_MS = 25

export type WatchLoadDeps = {
  readonly store: Store
  readonly gates: Gates
  /** Asked at each look: the config may change. */
  readonly limits: () => LoadLimits
  /** All whose deliveries count. */
  readonly targets: () => readonly string[]
  readonly logger: Logger
  /** @param lookedAtMs by Redis's clock: the load is no older */
  readonly onLook: (load: Load, limits: LoadLimits, lookedAtMs: number) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** One look. @throws when Redis is away */
export async function lookAtLoad(deps: WatchLoadDeps): Promise<void> {
  const { store, gates, logger } = deps
  gates.beginLook()
  const lookedAtMs = storeNow(store)
  const load = await readLoad(store, deps.targets())
  const limits = deps.limits()
  for (const change of gates.look(load, limits, Date.now())) logChange(logger, change, load, limits)
  await deps.onLook(load, limits, lookedAtMs)
}

/** Looks from now on; to be woken when there is no room. */
export function watchLoad(deps: WatchLoadDeps): Background {
  let lookedAtMs = 0
  const look = async () => {
    lookedAtMs = performance.now()
    await lookAtLoad(deps)
  }
  const loop = repeat(LOOK_MS, look, deps.onError)
  return {
    ...loop,
    wake: () => {
      if (performance.now() - lookedAtMs >= LEAST_LOOK_MS) loop.wake()
    },
  }
}

/** One line when it begins and one when it ends, whatever is refused in between. */
function logChange(
  logger: Logger,
  { reason, target, gate }: GateChange,
  { memory, backlogs }: Load,
  limits: LoadLimits,
): void {
  const backlog =
    target === undefined
      ? [...backlogs.values()].reduce((sum, one) => sum + one, 0)
      : (backlogs.get(target) ?? 0)
  const limit =
    reason === 'memory'
      ? { ...memory, maxMemoryPercent: limits.maxMemoryPercent }
      : { maxBacklog: target === undefined ? limits.maxBacklog : limits.maxBacklogOf.get(target) }
  const line = { reason, target, backlog, ...limit }
  if (gate === 'shut') logger.warn(line, 'overloaded: events are refused until there is room')
  else logger.info(line, 'no longer overloaded: events are taken again')
}
