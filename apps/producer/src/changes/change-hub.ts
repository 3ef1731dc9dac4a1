/**
 * The hub: reads the change feed once for all who follow it in this process, over one connection of its own.
 *
 * Owns that connection and who is told. It neither keeps nor filters changes; whoever needs those before now reads the feed
 * itself (packages/store, readChanges).
 *
 * Invariants
 * 1. A follower whose `ready` has resolved is told of every change after that moment, in order, each once, or of a gap.
 * 2. When nobody has followed for a while, nothing is read: a busy producer pays nothing for a feed that nobody looks at.
 * 3. A follower that throws, or leaves while it is told, disturbs no other.
 */
import { setTimeout as wait } from 'node:timers/promises'
import {
  awaitChanges,
  entryOf,
  isPlaceKept,
  newestChange,
  type Change,
  type RedisClient,
  type Store,
} from '@manifold/store'

export type Follower = {
  /** Of one event only. */
  readonly eventId?: string
  /** Told of the changes of one reading together. */
  readonly onChanges: (changes: readonly Change[]) => void
  /** Changes were lost: the feed was trimmed faster than it was read, or Redis lost it. The next ones come after the gap. */
  readonly onGap: () => void
}

export type Following = {
  /** Resolves when changes from now on are told of. Rejects when Redis is away. */
  readonly ready: Promise<void>
  readonly stop: () => void
}

export type ChangeHub = {
  readonly follow: (follower: Follower) => Following
  readonly followers: () => number
  readonly close: () => Promise<void>
}

export type ChangeHubDeps = {
  readonly store: Store
  /** Opens a connection that may wait: when the first follower comes; it is ended when the last has gone for a while. */
  readonly connect: () => RedisClient
  readonly onError: (error: unknown) => void
}

/** Entries of one reading. */
const BATCH = 500
const WAIT_MS = 5_000
const RETRY_MS = 200
/** Callers who wait come one after the other: the connection is kept for the next. */
const LINGER_MS = 10_000

/** One for each producer. */
export function createChangeHub({ store, connect, onError }: ChangeHubDeps): ChangeHub {
  const all = new Set<Follower>()
  const byEvent = new Map<string, Set<Follower>>()
  let session: Session | undefined
  let lingering: NodeJS.Timeout | undefined

  const end = () => {
    const last = session
    session = undefined
    last?.stop()
    return last?.ended
  }
  const tell = (changes: readonly Change[]) => {
    for (const follower of all)
      safely(() => {
        follower.onChanges(changes)
      })
    if (byEvent.size === 0) return
    const wanted = changes.filter(({ eventId }) => byEvent.has(eventId))
    for (const [eventId, own] of Map.groupBy(wanted, (change) => change.eventId)) {
      for (const follower of [...(byEvent.get(eventId) ?? [])])
        safely(() => {
          follower.onChanges(own)
        })
    }
  }
  const tellGap = () => {
    for (const follower of [...all, ...[...byEvent.values()].flatMap((own) => [...own])])
      safely(follower.onGap)
  }
  const safely = (act: () => void) => {
    try {
      act()
    } catch (error) {
      onError(error)
    }
  }
  const count = () => all.size + [...byEvent.values()].reduce((sum, own) => sum + own.size, 0)

  return {
    follow: (follower) => {
      const remove = enter(all, byEvent, follower)
      clearTimeout(lingering)
      session ??= startSession({ store, connect, onError, tell, tellGap })
      const own = session
      // One that could not begin is nothing to follow on.
      own.ready.catch(() => {
        if (session === own) void end()
      })
      return {
        ready: own.ready,
        stop: () => {
          remove()
          if (all.size > 0 || byEvent.size > 0) return
          clearTimeout(lingering)
          lingering = setTimeout(() => void end(), LINGER_MS).unref()
        },
      }
    },
    followers: count,
    close: async () => {
      clearTimeout(lingering)
      await end()
    },
  }
}

function enter(all: Set<Follower>, byEvent: Map<string, Set<Follower>>, follower: Follower): () => void {
  const { eventId } = follower
  if (eventId === undefined) {
    all.add(follower)
    return () => all.delete(follower)
  }
  const own = byEvent.get(eventId) ?? new Set()
  byEvent.set(eventId, own.add(follower))
  return () => {
    own.delete(follower)
    if (own.size === 0 && byEvent.get(eventId) === own) byEvent.delete(eventId)
  }
}

/** Reading from the first follower's coming to the last one's going. */
type Session = { readonly ready: Promise<void>; readonly ended: Promise<void>; readonly stop: () => void }

type SessionDeps = ChangeHubDeps & {
  readonly tell: (changes: readonly Change[]) => void
  readonly tellGap: () => void
}

function startSession({ store, connect, onError, tell, tellGap }: SessionDeps): Session {
  const stopping = new AbortController()
  const { signal } = stopping
  const redis = connect()
  const starting = newestChange(store)

  const read = async (from: string): Promise<void> => {
    let place = from
    while (!signal.aborted) {
      try {
        const changes = await awaitChanges(redis, place, BATCH, WAIT_MS)
        const last = changes.at(-1)
        if (last === undefined) continue
        // A whole batch may mean that more is waiting than the feed keeps.
        if (changes.length >= BATCH && !(await isPlaceKept(store, place))) tellGap()
        place = entryOf(last.id)
        tell(changes)
      } catch (error) {
        if (isStopped()) return
        onError(error)
        await wait(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  const isStopped = () => signal.aborted
  // With Redis away, a read that was begun ends neither well nor badly when its connection is given up.
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
  const reading = starting.then(read, onError).finally(() => {
    redis.disconnect()
  })
  const ended = Promise.race([reading, stopped])
  return {
    ready: starting.then(() => undefined),
    ended,
    stop: () => {
      stopping.abort()
      redis.disconnect()
    },
  }
}
