/** Cuts bytes into numbered lines, in memory bounded by the longest line there may be. Empty lines are left out. */

export type Line =
  | { readonly kind: 'line'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: 'too-long'; readonly number: number }

const NEWLINE = 0x0a

/** More than a producer can be set to take. */
const MAX_LINE_BYTES = 104_857_600

/** @param chunks as they come: a line may span many, a chunk may hold many */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, undefined> {
  let number = 1
  let parts: Uint8Array[] = []
  let length = 0
  const take = (part: Uint8Array) => {
    length += part.length
    if (length <= maxBytes) parts.push(part)
    else parts = []
  }
  const finish = (): Line | undefined => {
    const bytes = Buffer.concat(parts)
    const tooLong = length > maxBytes
    parts = []
    length = 0
    if (tooLong) return { kind: 'too-long', number }
    return isBlank(bytes) ? undefined : { kind: 'line', number, bytes }
  }

  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end))
      const line = finish()
      if (line !== undefined) yield line
      number++
      from = end + 1
    }
    take(chunk.subarray(from))
  }
  const last = finish()
  if (last !== undefined) yield last
}

/** Of JSON's white space. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE)
}
