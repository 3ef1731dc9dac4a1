/**
 * Writes lines to a file descriptor: those of one turn of the event loop together, with one system call.
 *
 * The write itself is synchronous, and made at the latest when the process exits: the last lines before a crash are
 * there. What cannot be written is dropped, because its reader has gone or the disk is full: a process must be able
 * to work and to end without its log.
 */
import { writeSync } from 'node:fs'

export type LineWriter = {
  readonly write: (line: string) => void
  /** Writes what has gathered; pino calls it behind a fatal line. */
  readonly flushSync: () => void
}

/** A turn that gathers more is written in pieces. */
const MAX_GATHERED_LENGTH = 65_536

/** How long to leave a reader to it whose pipe is full. */
const FULL_PIPE_MS = 5

/** Gathers lines for `fd`, which stays open. */
export function createLineWriter(fd: number): LineWriter {
  let gathered = ''
  let exiting = false

  const flushSync = () => {
    if (gathered === '') return
    const lines = gathered
    gathered = ''
    writeOrDrop(fd, lines)
  }
  // What is logged from now on has no later turn to be written in.
  process.once('exit', () => {
    exiting = true
    flushSync()
  })

  return {
    write: (line) => {
      if (gathered === '') setImmediate(flushSync)
      gathered += line
      if (exiting || gathered.length >= MAX_GATHERED_LENGTH) flushSync()
    },
    flushSync,
  }
}

function writeOrDrop(fd: number, lines: string): void {
  let rest = Buffer.from(lines)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      const full = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
      if (!full) return
      sleepSync(FULL_PIPE_MS)
    }
  }
}

/** As a blocking pipe would: lines are not dropped because their reader is slow. */
function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
