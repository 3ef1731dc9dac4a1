/** Disturbances: when a scenario did what. The oracle excuses by these times, so they are noted by whoever disturbs. */
import type { Window } from '../oracle/windows.ts'

export type Disturbances = {
  /** Something that is over as soon as it has happened. */
  readonly strike: (what: string, atMs?: number) => void
  /** Something that goes on. @returns how it is ended */
  readonly begin: (
    what: string,
    excuses: Window['excuses'],
    more?: { readonly kills?: Window['kills']; readonly fromMs?: number },
  ) => () => void
  /** What is still going on ends now. */
  readonly windows: () => Window[]
}

/** How long parts may take to find their way back: a connection made anew, and what waited for it sent. */
const RECOVERY_MS = 2_000

export function noteDisturbances(): Disturbances {
  const over: Window[] = []
  const open = new Map<symbol, Omit<Window, 'untilMs'>>()
  return {
    strike: (what, atMs = Date.now()) => {
      over.push({ what, excuses: 'duplicates', fromMs: atMs, untilMs: atMs })
    },
    begin: (what, excuses, { kills, fromMs = Date.now() } = {}) => {
      const id = Symbol(what)
      open.set(id, { what, excuses, fromMs, ...(kills === undefined ? {} : { kills }) })
      return () => {
        const window = open.get(id)
        if (open.delete(id) && window !== undefined)
          over.push({ ...window, untilMs: Date.now() + RECOVERY_MS })
      }
    },
    windows: () => [...over, ...[...open.values()].map((window) => ({ ...window, untilMs: Date.now() }))],
  }
}
