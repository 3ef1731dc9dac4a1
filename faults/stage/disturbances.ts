/**
 * Disturbances: when a scenario did what, and to whom. The oracle excuses by these times, so they are noted by whoever disturbs,
 * as short as they were: how long things take to recover is the oracle's to know.
 */
import type { Window } from '../oracle/windows.ts'

export type Kind = 'producer' | 'worker'

type More = Partial<Pick<Window, 'kills' | 'target' | 'part'>>

export type Disturbances = {
  /** Something that is over as soon as it has happened. */
  readonly strike: (what: string, atMs?: number, more?: More & Partial<Pick<Window, 'excuses'>>) => void
  /** Something that goes on. @returns how it is ended */
  readonly begin: (
    what: string,
    excuses: Window['excuses'],
    more?: More & { readonly fromMs?: number },
  ) => () => void
  /** What is still going on ends now. */
  readonly windows: () => Window[]
}

export function noteDisturbances(): Disturbances {
  const over: Window[] = []
  const open = new Map<symbol, Omit<Window, 'untilMs'>>()
  return {
    strike: (what, atMs = Date.now(), more = {}) => {
      over.push({ what, excuses: 'duplicates', fromMs: atMs, untilMs: atMs, ...more })
    },
    begin: (what, excuses, { fromMs = Date.now(), ...more } = {}) => {
      const id = Symbol(what)
      open.set(id, { what, excuses, fromMs, ...more })
      return () => {
        const window = open.get(id)
        if (open.delete(id) && window !== undefined) over.push({ ...window, untilMs: Date.now() })
      }
    },
    windows: () => [...over, ...[...open.values()].map((window) => ({ ...window, untilMs: Date.now() }))],
  }
}

/** What can be done to one process, noted as what that can cause. */
export type PartDisturbances = {
  readonly killed: (what: string, atMs?: number) => void
  /** @returns ends it: to be called right before it goes on */
  readonly paused: (what: string, fromMs?: number) => () => void
  /** Asked to end. @returns to be called when it has ended */
  readonly stopping: (what: string, fromMs?: number) => () => void
}

export type Disturbed = {
  readonly name: string
  readonly kind: Kind
  /** How long it may take to end. */
  readonly drainMs: number
}

/** A producer sends nothing to targets: what is done to it excuses no duplicate. */
export function disturbancesOf(
  { strike, begin }: Disturbances,
  { name, kind, drainMs }: Disturbed,
): PartDisturbances {
  const sends = kind === 'worker'
  return {
    killed: (what, atMs) => {
      strike(what, atMs, { part: name, excuses: sends ? 'duplicates' : 'first-attempts' })
    },
    paused: (what, fromMs = Date.now()) =>
      begin(what, sends ? 'pause' : 'first-attempts', { part: name, fromMs }),
    stopping: (what, fromMs = Date.now()) => {
      const over = begin(what, sends ? 'lateness' : 'first-attempts', { part: name, fromMs })
      return () => {
        over()
        // What a stopping worker has sent it settles; only what outlives its drain is handed back, and made by another.
        const drainedMs = fromMs + drainMs
        if (sends && Date.now() >= drainedMs)
          begin(`${what}, longer than its drain`, 'duplicates', { part: name, fromMs: drainedMs })()
      }
    },
  }
}
