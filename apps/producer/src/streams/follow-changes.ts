/**
 * Following the feed from a place on, without a gap and without a repeat, for as long as the reader stays.
 *
 * Listens first, then reads what the feed holds, in pieces and no faster than the reader takes them, until it meets what was told
 * meanwhile. Where that cannot be (the place is no longer kept, or changes were lost) the reader is told so, and starts anew.
 * What is followed is a source: feed-source.ts, event-source.ts.
 */
import { isPlaceKept, readChanges, type Change, type Store } from '@manifold/store'
import type { Following } from '../changes/change-hub.ts'
import type { FeedReader } from './live-feed.ts'
import type { StreamMessage } from './messages.ts'
import { createSeam, type Seam, type SeamEnd } from './seam.ts'

/** Who is told. */
export type Reader = {
  /** Aborts when it has gone. */
  readonly signal: AbortSignal
  /** It is followed for from this place on. Once, before the first message. */
  readonly open: (place: string) => void
  /** @param place all up to here was told, though its last change may not have been asked for */
  readonly tell: (messages: readonly StreamMessage[], place: string) => void
  /** Resolves when it has room, or has gone. */
  readonly drained: () => Promise<void>
}

/** What happens before the first change: what is said, and from where it goes on. */
export type Beginning = {
  readonly kind: 'from'
  readonly place: string
  readonly messages: readonly StreamMessage[]
  readonly isEnd: boolean
}

/** What is followed. */
export type Source = {
  readonly listen: (reader: FeedReader) => Following
  /** From now on. @param isReset changes before now are lost to the reader */
  readonly start: (isReset: boolean) => Promise<Beginning | { readonly kind: 'event-not-found' }>
  /** From a place on that is kept. */
  readonly resume: (
    place: string,
  ) => Promise<Beginning | { readonly kind: 'event-not-found' | 'nothing-more' }>
  /** What these changes are to the reader. */
  readonly messagesOf: (changes: readonly Change[]) => readonly StreamMessage[] | Promise<StreamMessage[]>
  readonly isLast: (message: StreamMessage) => boolean
}

export type Followed = 'ended' | 'left' | 'event-not-found' | 'nothing-more'

/** Entries of one reading: little enough for any reader's buffer. */
const PIECE = 100

/**
 * Follows until the end of what is followed, or until the reader leaves.
 * @param after where the reader was, if it was there before
 * @throws when Redis is away; the reader can come back with its place
 */
export async function followChanges(
  store: Store,
  source: Source,
  after: string | undefined,
  reader: Reader,
): Promise<Followed> {
  const seam = createSeam()
  const following = source.listen(seam)
  try {
    await following.ready
    const canResume = after !== undefined && (await isPlaceKept(store, after))
    let beginning = canResume ? await source.resume(after) : await source.start(after !== undefined)
    for (let isOpen = false; ; isOpen = true) {
      if (reader.signal.aborted) return 'left'
      if (beginning.kind !== 'from') return beginning.kind
      if (!isOpen) reader.open(beginning.place)
      reader.tell(beginning.messages, beginning.place)
      if (beginning.isEnd) return 'ended'
      const end = await goOn(store, source, seam, beginning.place, reader)
      if (end !== 'gap') return end
      beginning = await source.start(true)
    }
  } finally {
    following.stop()
  }
}

async function goOn(
  store: Store,
  source: Source,
  seam: Seam,
  from: string,
  reader: Reader,
): Promise<SeamEnd> {
  const tell = (messages: readonly StreamMessage[], place: string) => {
    const last = messages.findIndex(source.isLast)
    if (last === -1) reader.tell(messages, place)
    else reader.tell(messages.slice(0, last + 1), messages[last]?.place ?? place)
    return last === -1 ? 'more' : 'ended'
  }
  let place = from
  for (;;) {
    seam.ignore()
    await reader.drained()
    if (reader.signal.aborted) return 'left'
    seam.collect()
    // In this order on one connection: what was kept after the reading was there during it.
    const [changes, isKept] = await Promise.all([readChanges(store, place, PIECE), isPlaceKept(store, place)])
    if (!isKept) return 'gap'
    const last = changes.at(-1)
    if (last !== undefined) {
      place = last.id
      if (tell(await source.messagesOf(changes), place) === 'ended') return 'ended'
    }
    // An entry is at least one change, but for the one that the place is in: so few were all.
    if (changes.length < PIECE - 1) return seam.pass(place, tell, reader.signal)
  }
}
