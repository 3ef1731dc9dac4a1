/**
 * The ledger: the driver's own account of what it was promised, in a file of its own.
 *
 * A line is on disk before the lane that wrote it goes on, so that no crash, not even the driver's, can make a promise be
 * forgotten. Nothing of Manifold takes part in it.
 */
import { closeSync, fsync, openSync, readFileSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { z } from 'zod'

const writeTo = promisify(write)
const sync = promisify(fsync)

const line = z.discriminatedUnion('kind', [
  /** A 202. */
  z.object({
    kind: z.literal('accepted'),
    eventId: z.string(),
    /** The driver's own name of the event: its Idempotency-Key, which is in its data, too. */
    key: z.string(),
    targets: z.array(z.string()),
    /** It was to be delivered so much later. */
    delayMs: z.number().optional(),
    atMs: z.number(),
  }),
  /** An operator's replay of a dead letter was answered 202. */
  z.object({ kind: z.literal('replayed'), deliveryId: z.string(), atMs: z.number() }),
  /** An operator's discard of a dead letter was answered 204. */
  z.object({ kind: z.literal('discarded'), deliveryId: z.string(), atMs: z.number() }),
])

export type LedgerLine = z.infer<typeof line>
export type Accepted = Extract<LedgerLine, { kind: 'accepted' }>

export type Ledger = {
  /** Resolves when the line is on disk. */
  readonly add: (entry: LedgerLine) => Promise<void>
  /** How many events were answered 202. */
  readonly accepted: () => number
  readonly close: () => void
}

/** Opens a ledger for appending. */
export function openLedger(file: string): Ledger {
  const descriptor = openSync(file, 'a')
  let accepted = 0
  return {
    add: async (entry) => {
      await writeTo(descriptor, `${JSON.stringify(entry)}\n`)
      await sync(descriptor)
      if (entry.kind === 'accepted') accepted++
    },
    accepted: () => accepted,
    close: () => {
      closeSync(descriptor)
    },
  }
}

/** Reads a ledger back from its file. */
export function readLedger(file: string): LedgerLine[] {
  return readLines(file).map((text) => line.parse(JSON.parse(text)))
}

/** The whole lines of a file; a last one that was cut off is none. */
export function readLines(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((one) => one !== '')
}
