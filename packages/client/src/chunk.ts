/** Cuts what is published into requests of bounded size. */

export type Chunk = {
  /** Of the first of its events, counted from the start. */
  readonly firstIndex: number
  /** One event each, as JSON. */
  readonly lines: readonly string[]
}

/** Takes from the source only what the next chunk needs. */
export async function* chunksOf(
  events: Iterable<object> | AsyncIterable<object>,
  maxLines: number,
  maxLength: number,
): AsyncGenerator<Chunk, void, undefined> {
  let firstIndex = 0
  let lines: string[] = []
  let length = 0
  for await (const event of events) {
    const line = JSON.stringify(event)
    if (lines.length > 0 && length + line.length > maxLength) {
      yield { firstIndex, lines }
      firstIndex += lines.length
      lines = []
      length = 0
    }
    lines.push(line)
    length += line.length
    if (lines.length >= maxLines) {
      yield { firstIndex, lines }
      firstIndex += lines.length
      lines = []
      length = 0
    }
  }
  if (lines.length > 0) yield { firstIndex, lines }
}
