/** The crew: the producers and workers of a run, those that live and those that were killed. */
import type { Scope } from '../../bench/stage/scope.ts'
import type { Disturbances, Kind } from './disturbances.ts'
import { startPart, type Part } from './part.ts'

export type { Kind } from './disturbances.ts'
type Environment = Readonly<Record<string, string>>

export type Crew = {
  /** Starts one more. @param more settings of its own @param through what it is started through */
  readonly add: (kind: Kind, more?: Environment, through?: readonly string[]) => Promise<Part>
  readonly living: (kind: Kind) => readonly Part[]
  /** A living producer, in turn; `undefined` when there is none. */
  readonly producer: () => Part | undefined
  /** Its origin. */
  readonly origin: () => string | undefined
  /** No caller is sent to it any more, as a load balancer does with what no longer answers. @returns takes it in again */
  readonly leaveOut: (part: Part) => () => void
}

export type CrewOptions = {
  readonly folder: string
  readonly disturbances: Disturbances
  readonly environmentOf: (kind: Kind) => Environment
}

/** An empty one; whoever it has ends with the scope. */
export function gatherCrew(scope: Scope, { folder, disturbances, environmentOf }: CrewOptions): Crew {
  const started = { producer: 0, worker: 0 }
  const parts: { readonly kind: Kind; readonly part: Part }[] = []
  const living = (kind: Kind) =>
    parts.filter((one) => one.kind === kind && one.part.alive()).map(({ part }) => part)
  scope.defer(async () => {
    await Promise.all([...living('producer'), ...living('worker')].map((part) => part.kill()))
  })
  let turn = 0
  const leftOut = new Set<Part>()
  const producer = () => {
    const producers = living('producer').filter((part) => !leftOut.has(part))
    return producers[turn++ % Math.max(1, producers.length)]
  }
  return {
    living,
    producer,
    add: async (kind, more = {}, through = []) => {
      const part = await startPart({
        name: `${kind} ${String(++started[kind])}`,
        kind,
        folder,
        disturbances,
        entry: `apps/${kind}/src/main.ts`,
        args: kind === 'worker' ? ['--all'] : [],
        environment: { ...environmentOf(kind), ...more },
        through,
      })
      parts.push({ kind, part })
      return part
    },
    origin: () => producer()?.origin,
    leaveOut: (part) => {
      leftOut.add(part)
      return () => leftOut.delete(part)
    },
  }
}
