/** Waiting for an event: until its record is as somebody wants it, by being told of its changes instead of by asking again. */
import { readEvent, type Change, type EventRecord, type Store } from '@manifold/store'
import type { ChangeHub } from './change-hub.ts'

export type WaitDeps = { readonly store: Store; readonly hub: ChangeHub }

export type Wait = {
  readonly eventId: string
  readonly isDone: (event: EventRecord) => boolean
  /** Whether a change can make it so: only then is the record read again. */
  readonly isWorthALook: (change: Change) => boolean
  readonly waitMs: number
  /** Ends the wait early: whoever waits has gone. */
  readonly signal: AbortSignal
}

/** Waits until an event has settled. */
export const UNTIL_SETTLED: Pick<Wait, 'isDone' | 'isWorthALook'> = {
  isDone: (event) => event.settledAtMs !== undefined,
  isWorthALook: (change) => change.kind === 'settled',
}

/**
 * Waits until an event is as wanted, at most `waitMs`.
 * @returns the event as it then is; `undefined` when there is none
 * @throws when Redis is away
 */
export async function waitForEvent({ store, hub }: WaitDeps, wait: Wait): Promise<EventRecord | undefined> {
  const now = await readEvent(store, wait.eventId)
  if (now === undefined || wait.isDone(now) || wait.waitMs === 0) return now

  const bell = createBell(wait.waitMs, wait.signal)
  const following = hub.follow({
    eventId: wait.eventId,
    onChanges: (changes) => {
      if (changes.some(wait.isWorthALook)) bell.ring()
    },
    onGap: bell.ring,
  })
  try {
    await following.ready
    for (;;) {
      const rung = bell.next()
      const event = await readEvent(store, wait.eventId)
      if (event === undefined || wait.isDone(event)) return event
      if ((await rung) === 'rung') continue
      // More may have happened to it than was worth a look.
      return wait.signal.aborted ? event : await readEvent(store, wait.eventId)
    }
  } finally {
    following.stop()
    bell.end()
  }
}

/** Rings for each change, and is over when the time is up or nobody waits any more. */
function createBell(waitMs: number, signal: AbortSignal) {
  let isOver = signal.aborted
  let tell: (what: 'rung' | 'over') => void = () => undefined
  const over = () => {
    isOver = true
    tell('over')
  }
  const timer = setTimeout(over, waitMs)
  signal.addEventListener('abort', over)
  return {
    ring: () => {
      tell('rung')
    },
    next: () =>
      new Promise<'rung' | 'over'>((resolve) => {
        if (isOver) resolve('over')
        else tell = resolve
      }),
    end: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
    },
  }
}
