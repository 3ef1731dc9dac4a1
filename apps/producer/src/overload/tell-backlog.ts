/**
 * Tells subscribers of a backlog that is at its limit (`manifold.backlog.high`): once for each time it gets there, by
 * whichever producers see it.
 *
 * What waits for those who are told of backlogs is not watched by itself: telling would raise it. In the total it counts, as it
 * does for intake: whenever all events are refused for the total, that is told.
 *
 * Invariants
 * 1. A backlog is high from its limit until it is below `RESUME_SHARE` of it, as intake is shut.
 * 2. Since when it is high is a note that all producers share; the event's id is made of it, so that all of them tell one.
 * 3. A note is cleared by who saw the backlog go down after the note was made.
 * 4. A producer that has just started goes on with the note it finds.
 */
import {
  hearsOf,
  operationalEventId,
  RESUME_SHARE,
  shareOf,
  totalBacklog,
  type Load,
  type LoadLimits,
  type Target,
} from '@manifold/domain'
import { clearHighBacklog, isHighBacklogNoted, noteHighBacklog, storeNow } from '@manifold/store'
import { tellOperational, type TellDeps } from '../tell-operational.ts'

/** The name of all targets together; no target is called so. */
const ALL = '*'

const TYPE = 'manifold.backlog.high'

export type TellBacklogDeps = TellDeps & {
  /** Those of the config. */
  readonly targets: () => readonly Target[]
}

type Level = { readonly name: string; readonly backlog: number; readonly limit: number }

/**
 * To be called with each look at the load, and when that was by Redis's clock.
 * @throws when Redis is away; what was not told then is told at the next look
 */
export function createBacklogTeller(
  deps: TellBacklogDeps,
): (load: Load, limits: LoadLimits, lookedAtMs: number) => Promise<void> {
  const { store } = deps
  /** What was seen last; nothing before the first look, when another process may have left a note. */
  const high = new Map<string, boolean>()

  return async (load, limits, lookedAtMs) => {
    const told = new Set(
      deps
        .targets()
        .filter(({ subscribe }) => hearsOf(subscribe, TYPE))
        .map(({ name }) => name),
    )
    if (told.size === 0) return
    for (const level of levelsOf(load, limits, told)) {
      const { name } = level
      const before = high.get(name)
      const share = shareOf(level.backlog, level.limit)
      const stays = share >= RESUME_SHARE && (before ?? (await isHighBacklogNoted(store, name)))
      const now = share >= 1 || stays
      if (now === before) continue
      if (!now) await clearHighBacklog(store, name, lookedAtMs)
      else if (share >= 1) await tell(deps, level)
      high.set(name, now)
    }
  }
}

async function tell(deps: TellBacklogDeps, level: Level): Promise<void> {
  const { name, backlog, limit } = level
  const sinceMs = await noteHighBacklog(deps.store, name, storeNow(deps.store))
  const target = name === ALL ? null : name
  await tellOperational(deps, {
    id: operationalEventId('backlog', name === ALL ? 'all' : `of.${name}`, sinceMs),
    type: TYPE,
    subject: target ?? 'all',
    data: { target, backlog, limit, since: new Date(sinceMs).toISOString() },
  })
}

function levelsOf(load: Load, limits: LoadLimits, told: ReadonlySet<string>): Level[] {
  return [
    { name: ALL, backlog: totalBacklog(load), limit: limits.maxBacklog },
    ...[...load.backlogs]
      .filter(([name]) => !told.has(name))
      .map(([name, backlog]) => ({ name, backlog, limit: limits.maxBacklogOf.get(name) ?? 0 })),
  ].filter(({ limit }) => limit > 0)
}
