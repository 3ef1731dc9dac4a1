/**
 * Reads Server-Sent Events out of text that comes in pieces (WHATWG HTML, section 9.2.6).
 *
 * Knows the format only: nothing of connections, nor of what Manifold says in it.
 */

export type Frame = {
  /** `message` when the stream named none. */
  readonly event: string
  readonly data: string
  /** The last `id` seen so far; empty without one. */
  readonly lastEventId: string
}

export type EventSourceReader = {
  /** Takes the next piece, cut anywhere, and gives the frames that are complete with it. */
  readonly read: (text: string) => Frame[]
  /** The last `retry:` the stream asked for. */
  readonly retryMs: () => number | undefined
}

/** @param lastEventId what an earlier connection ended with: it holds until the stream says another */
export function createEventSourceReader(lastEventId = ''): EventSourceReader {
  let rest = ''
  let endedInReturn = false
  let isStart = true
  let event = ''
  let data: string[] = []
  let id = lastEventId
  let retryMs: number | undefined

  const field = (line: string): void => {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (name === 'event') event = value
    else if (name === 'data') data.push(value)
    else if (name === 'id' && !value.includes('\0')) id = value
    else if (name === 'retry' && /^\d+$/.test(value)) retryMs = Number(value)
  }

  const dispatch = (): Frame | undefined => {
    const frame = { event: event === '' ? 'message' : event, data: data.join('\n'), lastEventId: id }
    const isEmpty = data.length === 0
    event = ''
    data = []
    return isEmpty ? undefined : frame
  }

  return {
    read: (piece) => {
      let text = piece
      if (isStart && text !== '') {
        isStart = false
        if (text.startsWith('\uFEFF')) text = text.slice(1)
      }
      // The line feed of a CRLF that was cut in two.
      if (endedInReturn && text.startsWith('\n')) text = text.slice(1)
      if (piece !== '') endedInReturn = piece.endsWith('\r')

      const lines = (rest + text).split(/\r\n|\r|\n/)
      rest = lines.pop() ?? ''
      return lines.flatMap((line) => {
        if (line === '') return dispatch() ?? []
        // A line that starts with a colon is a comment, such as a heartbeat: its field has no name.
        field(line)
        return []
      })
    },
    retryMs: () => retryMs,
  }
}
