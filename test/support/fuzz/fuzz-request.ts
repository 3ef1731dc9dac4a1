/** A request as it is fuzzed: kept so that a shrunk one can be read, and made into bytes only when it is sent. */

export type FuzzRequest = {
  readonly method: string
  /** As it is sent, but for `{name}`: a value that exists. */
  readonly path: string
  readonly query: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: FuzzBody
}

export type FuzzBody = {
  readonly bytes: Buffer
  readonly types: readonly string[]
  readonly encoding?: string
  /** In so many chunks, instead of with its length. */
  readonly chunks?: number
}

/** Where a request goes, with what exists put in. */
export function targetOf(request: FuzzRequest, live: Readonly<Record<string, string>>): string {
  const path = request.path.replace(/\{(\w+)\}/g, (_whole, name: string) => live[name] ?? '')
  return request.query === '' ? path : `${path}?${request.query}`
}

/** The request as it goes over the connection. */
export function bytesOf(
  request: FuzzRequest,
  live: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
): Buffer {
  const { method, headers, body } = request
  const lines = [
    `${method} ${targetOf(request, live)} HTTP/1.1`,
    'Host: fuzz',
    ...[...Object.entries(more), ...headers].map(([name, value]) => `${name}: ${value}`),
    ...(body?.types ?? []).map((type) => `Content-Type: ${type}`),
    ...(body?.encoding === undefined ? [] : [`Content-Encoding: ${body.encoding}`]),
  ]
  if (body === undefined) return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const framing =
    body.chunks === undefined ? `Content-Length: ${String(body.bytes.length)}` : 'Transfer-Encoding: chunked'
  const head = Buffer.from(`${[...lines, framing].join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, body.chunks === undefined ? body.bytes : chunked(body.bytes, body.chunks)])
}

function chunked(bytes: Buffer, count: number): Buffer {
  const size = Math.max(1, Math.ceil(bytes.length / count))
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

/** How it reads when it has failed. */
export function describeRequest(request: FuzzRequest): string {
  const { method, path, query, headers, body } = request
  const shown = body?.bytes.toString('latin1') ?? ''
  return JSON.stringify({
    request: `${method} ${path}${query === '' ? '' : `?${query}`}`,
    headers,
    ...(body === undefined
      ? {}
      : { ...body, bytes: shown.length > 2_000 ? `${shown.slice(0, 2_000)}…` : shown }),
  })
}
