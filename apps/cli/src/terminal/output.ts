/**
 * Where a command writes: results to stdout, all else to stderr, so that a pipe carries results only.
 *
 * Owns what happens when the reader goes away: the process ends without a word, as a program that a pipe ends would.
 */
import { once } from 'node:events'
import { EXIT } from '../exit-codes.ts'

export type Output = {
  /** A piece of the result. Waits for a slow reader. */
  readonly print: (text: string) => Promise<void>
  /** Something for people, beside the result. */
  readonly note: (text: string) => void
  readonly colour: boolean
  /** Of the terminal; `undefined` when there is none. */
  readonly width: number | undefined
}

export function openOutput(): Output {
  const { stdout, stderr } = process
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.brokenPipe)
      throw error
    })
  }
  return {
    print: async (text) => {
      if (!stdout.write(text)) await once(stdout, 'drain')
    },
    note: (text) => {
      stderr.write(`${text}\n`)
    },
    // Heeds NO_COLOR, too.
    colour: stdout.isTTY && stdout.hasColors(),
    // Some terminals do not know, and say 0.
    width: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
  }
}
