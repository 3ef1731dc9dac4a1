/** Which colour a word of Manifold has, the same in every table. */
import type { InspectColor } from 'node:util'
import type { Cell } from './columns.ts'

const TINTS: Readonly<Record<string, InspectColor>> = {
  delivered: 'green',
  running: 'green',
  closed: 'green',
  ok: 'green',
  retrying: 'yellow',
  deferred: 'yellow',
  partially_delivered: 'yellow',
  retryable: 'yellow',
  throttled: 'yellow',
  paused: 'yellow',
  removed: 'yellow',
  'half-open': 'yellow',
  warning: 'yellow',
  broken: 'red',
  dead: 'red',
  failed: 'red',
  permanent: 'red',
  gone: 'red',
  open: 'red',
  discarded: 'gray',
  cancelled: 'gray',
  unrouted: 'gray',
}

/** A word in its colour, where it has one. */
export function word(text: string): Cell {
  return { text, tint: TINTS[text] }
}
