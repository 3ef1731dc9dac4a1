/**
 * Tells subscribers of a backlog that is at its limit (`manifold.backlog.high`): once for each time it gets there, by
 * whichever producers see it.
 *
 * What waits for those who are told of backlogs is not looked at, nor counted in the total: telling would raise it.
 */
import {
  compileTypePattern,
  namesReservedTypes,
  operationalEventId,
  RESUME_SHARE,
  shareOf,
  type Load,
  type LoadLimits,
  type Target,
} from '@manifold/domain'
import { reconcile, type Queues } from '@manifold/queue'
import { randomHex } from '@manifold/runtime'
import {
  clearHighBacklog,
  noteHighBacklog,
  recordOperational,
  type Store,
  type Telling,
} from '@manifold/store'

/** The name of all targets together; no target is called so. */
const ALL = '*'

const TYPE = 'manifold.backlog.high'

export type TellBacklogDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly telling: Telling
  /** Those of the config. */
  readonly targets: () => readonly Target[]
}

type Level = { readonly name: string; readonly backlog: number; readonly limit: number }

/** To be called with each look at the load. @throws when Redis is away; what was not told then is told at the next look */
export function createBacklogTeller(
  deps: TellBacklogDeps,
): (load: Load, limits: LoadLimits) => Promise<void> {
  /** What was seen last; nothing before the first look, when another process may have left a note. */
  const high = new Map<string, boolean>()

  return async (load, limits) => {
    if (!deps.telling.isHeard) return
    const told = new Set(
      deps
        .targets()
        .filter(isToldOfBacklogs)
        .map(({ name }) => name),
    )
    if (told.size === 0) return
    for (const level of levelsOf(load, limits, told)) {
      const before = high.get(level.name)
      const share = shareOf(level.backlog, level.limit)
      const now = share >= 1 || (before === true && share >= RESUME_SHARE)
      if (now === before) continue
      if (now) await tell(deps, level)
      else await clearHighBacklog(deps.store, level.name)
      high.set(level.name, now)
    }
  }
}

async function tell({ store, queues, telling }: TellBacklogDeps, level: Level): Promise<void> {
  const { name, backlog, limit } = level
  const sinceMs = await noteHighBacklog(store, name, Date.now())
  const id = operationalEventId('backlog', name === ALL ? 'all' : `of.${name}`, sinceMs)
  const target = name === ALL ? null : name
  const data = { target, backlog, limit, since: new Date(sinceMs).toISOString() }
  const trace = { traceId: randomHex(16), flags: '01' }
  const refs = await recordOperational(
    store,
    telling,
    { id, type: TYPE, subject: target ?? 'all', data },
    trace,
  )
  // What cannot be put on the queues now is on the outbox.
  if (refs.length > 0) await reconcile(store, queues, [{ kind: 'event', eventId: id }])
}

function levelsOf({ backlogs }: Load, limits: LoadLimits, told: ReadonlySet<string>): Level[] {
  const looked = [...backlogs].filter(([name]) => !told.has(name))
  const total = looked.reduce((sum, [, backlog]) => sum + backlog, 0)
  return [
    { name: ALL, backlog: total, limit: limits.maxBacklog },
    ...looked.map(([name, backlog]) => ({ name, backlog, limit: limits.maxBacklogOf.get(name) ?? 0 })),
  ].filter(({ limit }) => limit > 0)
}

function isToldOfBacklogs({ subscribe }: Target): boolean {
  return subscribe.some((pattern) => namesReservedTypes(pattern) && compileTypePattern(pattern)(TYPE))
}
