/**
 * Cuts a stream of bytes into lines, in memory of one line at most, however the bytes are cut into chunks.
 *
 * A line that is too long is passed over without being kept. Lines with nothing but white space are not told of.
 * What a line says, and whether it is UTF-8, is not judged here.
 */

export type Line =
  | { readonly kind: 'line'; readonly bytes: Uint8Array }
  /** Longer than is taken; its bytes are gone. */
  | { readonly kind: 'too-long' }

export type LineSplitter = {
  /** The lines that end in this chunk. */
  readonly push: (chunk: Uint8Array) => Line[]
  /** The last line, if no line feed ended it. */
  readonly end: () => Line[]
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const WHITE_SPACE = new Set([0x20, 0x09, CARRIAGE_RETURN])

/** @param maxBytes of a line, without what ends it */
export function createLineSplitter(maxBytes: number): LineSplitter {
  // Grown by copying: a list of the pieces would cost a caller who sends single bytes far less than it costs us.
  let held = new Uint8Array()
  let heldBytes = 0
  let tooLong = false

  const hold = (piece: Uint8Array) => {
    if (tooLong || piece.length === 0) return
    const length = heldBytes + piece.length
    // One more than the limit: it may be the carriage return before the line feed.
    if (length > maxBytes + 1) {
      tooLong = true
      held = new Uint8Array()
      heldBytes = 0
      return
    }
    if (length > held.length) {
      const grown = new Uint8Array(Math.min(Math.max(length, 2 * held.length), maxBytes + 1))
      grown.set(held.subarray(0, heldBytes))
      held = grown
    }
    held.set(piece, heldBytes)
    heldBytes = length
  }

  /** The line that `piece` ends. */
  const finish = (piece: Uint8Array): Line[] => {
    let bytes = piece
    if (tooLong || heldBytes > 0) {
      hold(piece)
      bytes = held.subarray(0, heldBytes)
    }
    const wasTooLong = tooLong
    held = new Uint8Array()
    heldBytes = 0
    tooLong = false
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1)
    if (wasTooLong || bytes.length > maxBytes) return [{ kind: 'too-long' }]
    return bytes.every((byte) => WHITE_SPACE.has(byte)) ? [] : [{ kind: 'line', bytes }]
  }

  return {
    push: (chunk) => {
      const lines: Line[] = []
      let from = 0
      for (;;) {
        const to = chunk.indexOf(LINE_FEED, from)
        if (to === -1) break
        lines.push(...finish(chunk.subarray(from, to)))
        from = to + 1
      }
      hold(chunk.subarray(from))
      return lines
    },
    end: () => finish(new Uint8Array()),
  }
}
