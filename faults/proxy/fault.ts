/** What a faulty link does to what passes through it. */

export type Fault =
  | { readonly kind: 'none' }
  /** Each piece comes so much later. */
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Small pieces with a pause between, so that no message arrives in one. */
  | { readonly kind: 'partial'; readonly bytes: number; readonly everyMs: number }
  /** The other side ends the connections there are, and their clients are told so much later: what they say until then is lost. */
  | { readonly kind: 'slow-close'; readonly ms: number }
  /** Connections break off with a reset: those there are at once, new ones after so many bytes of an answer. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Takes everything, passes on nothing, and says nothing. */
  | { readonly kind: 'black-hole' }
  /** Nobody listens. */
  | { readonly kind: 'refuse' }

export const NO_FAULT: Fault = { kind: 'none' }

/** One of each, as bad as a link between parts of one system may get. */
export const FAULTS: readonly Fault[] = [
  { kind: 'latency', ms: 50 },
  { kind: 'bandwidth', bytesPerSecond: 100_000 },
  { kind: 'partial', bytes: 50, everyMs: 2 },
  { kind: 'slow-close', ms: 500 },
  { kind: 'reset', afterBytes: 2_000 },
  { kind: 'black-hole' },
  { kind: 'refuse' },
]
