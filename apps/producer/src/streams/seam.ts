/**
 * The seam between what is read from the feed and what is told live: nothing falls through it, nothing comes twice.
 *
 * What is told while the last piece is read is kept, and what that piece already held is left out of it.
 */
import { isPlaceAfter } from '@manifold/store'
import type { FeedReader } from './live-feed.ts'
import type { StreamMessage } from './messages.ts'

/** Takes messages up to a place; says whether they were the last. */
export type Tell = (messages: readonly StreamMessage[], place: string) => 'more' | 'ended'

export type SeamEnd = 'ended' | 'gap' | 'left'

export type Seam = FeedReader & {
  /** Keeps what is told from now on, and nothing from before. */
  readonly collect: () => void
  /** Keeps nothing: what is told now will be read. */
  readonly ignore: () => void
  /** Passes on what was kept, then what is told, as far as it lies behind `place`. Resolves at the end. */
  readonly pass: (place: string, tell: Tell, signal: AbortSignal) => Promise<SeamEnd>
}

type Told = { readonly messages: readonly StreamMessage[]; readonly place: string }

export function createSeam(): Seam {
  let kept: Told[] | undefined
  let hasGap = false
  let live: { readonly take: (told: Told) => void; readonly end: (how: SeamEnd) => void } | undefined

  const isLive = () => live !== undefined

  return {
    onMessages: (messages, place) => {
      if (live !== undefined) live.take({ messages, place })
      else kept?.push({ messages, place })
    },
    onGap: () => {
      hasGap = true
      live?.end('gap')
    },
    collect: () => {
      kept = []
      hasGap = false
    },
    ignore: () => {
      kept = undefined
    },
    pass: (from, tell, signal) =>
      new Promise<SeamEnd>((resolve) => {
        let isBehind = false
        const leave = () => {
          end('left')
        }
        const end = (how: SeamEnd) => {
          live = undefined
          signal.removeEventListener('abort', leave)
          resolve(how)
        }
        const take = ({ messages, place }: Told) => {
          // Once one lies behind the place, all do.
          const fresh = isBehind ? messages : messages.filter((one) => isPlaceAfter(one.place, from))
          isBehind ||= isPlaceAfter(place, from)
          if (isBehind && tell(fresh, place) === 'ended') end('ended')
        }
        live = { take, end }
        signal.addEventListener('abort', leave)
        const before = kept ?? []
        kept = undefined
        if (signal.aborted) leave()
        else if (hasGap) end('gap')
        for (const told of before) if (isLive()) take(told)
      }),
  }
}
