/** HTTP answers in the bytes of a connection, read strictly: what is no answer is told, not guessed at. */
import type { Answered } from '../contract.ts'

export type AnswersReading = {
  /** The complete ones, in order; interim ones (1xx) are left out, but for 101. */
  readonly answers: readonly Answered[]
  /** What begins as an event stream is never complete: what came of it so far. */
  readonly stream: Answered | undefined
  /** Bytes behind the last complete answer. */
  readonly rest: Buffer
}

/** @param isHead the request was one whose answers have no body */
export function readAnswers(bytes: Buffer, isHead = false): AnswersReading {
  const answers: Answered[] = []
  let rest = bytes
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return { answers, stream: undefined, rest }
    const head = readHead(rest.subarray(0, end).toString('latin1'))
    const behind = rest.subarray(end + 4)
    if (head.status === 101)
      return { answers: [...answers, { ...head, text: '' }], stream: undefined, rest: behind }
    const body = bodyOf(head, behind, isHead)
    if (body === undefined) {
      const isStream = head.headers.get('content-type')?.startsWith('text/event-stream') === true
      return { answers, stream: isStream ? { ...head, text: behind.toString() } : undefined, rest }
    }
    if (head.status >= 200) answers.push({ ...head, text: body.text })
    rest = behind.subarray(body.length)
  }
}

function readHead(text: string): { status: number; headers: Headers } {
  const [first = '', ...lines] = text.split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(first)}`)
  const headers = new Headers()
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
    headers.append(name, value)
  }
  return { status: Number(status), headers }
}

type Head = ReturnType<typeof readHead>

/** `undefined` when it has not come as a whole. */
function bodyOf({ status, headers }: Head, bytes: Buffer, isHead: boolean) {
  if (isHead || status < 200 || status === 204 || status === 304) return { text: '', length: 0 }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(bytes)
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (Number.isNaN(length)) return undefined
  return bytes.length < length ? undefined : { text: bytes.subarray(0, length).toString(), length }
}

function readChunks(bytes: Buffer) {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    const from = lineEnd + 2
    if (bytes.length < from + size + 2) return undefined
    if (size === 0) return { text: Buffer.concat(chunks).toString(), length: from + 2 }
    chunks.push(bytes.subarray(from, from + size))
    at = from + size + 2
  }
}
