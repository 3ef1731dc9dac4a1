/** A chain: one mishap after the other, drawn by chance that can be repeated. */
import { setTimeout as wait } from 'node:timers/promises'
import { seeded, shuffled, type Random } from '../random.ts'

/** What can be drawn, and what it is to do with, besides chance of its own. */
type Drawn<Ground> = {
  readonly name: string
  readonly run: (ground: Ground & { readonly random: Random }) => Promise<void>
}

export type ChainOptions<Ground> = {
  readonly mishaps: readonly Drawn<Ground>[]
  readonly seed: number
  readonly ground: Ground
  readonly isOver: () => boolean
  /** Told before each. */
  readonly onDrawn: (name: string) => void
  /** A mishap threw: told, and to set right what it may have left. */
  readonly onBroken: (name: string, error: unknown) => Promise<void>
  /** A mishap begins so long after the one before was over. */
  readonly pauseMs: readonly [from: number, to: number]
}

const SEEDS = 2 ** 31

/**
 * Goes on until it is told that it is over. Draws as from a deck, so that each comes before any comes again; what is drawn, and
 * what a mishap chooses, depends on the seed alone.
 */
export async function runChain<Ground>(options: ChainOptions<Ground>): Promise<void> {
  const random = seeded(options.seed)
  let deck: Drawn<Ground>[] = []
  while (!options.isOver()) {
    if (deck.length === 0) deck = shuffled(options.mishaps, random)
    const mishap = deck.pop()
    if (mishap === undefined) return
    const own = seeded(random.between(0, SEEDS))
    const pauseMs = random.between(...options.pauseMs)
    options.onDrawn(mishap.name)
    try {
      await mishap.run({ ...options.ground, random: own })
    } catch (error) {
      await options.onBroken(mishap.name, error)
    }
    await wait(pauseMs)
  }
}
