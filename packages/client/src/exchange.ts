/** One fetch: sets what every request has, and gives the response as it comes. Neither retries nor reads the body. */
import type { Connection } from './connection.ts'

export type QueryValue = string | number | Date | undefined

export type Call = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Segments behind the base URL; each is escaped. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export function exchange(
  connection: Connection,
  url: URL,
  call: Call,
  signal: AbortSignal,
): Promise<Response> {
  return connection.fetch(url, {
    method: call.method,
    headers: { ...connection.headers, ...call.headers },
    // A redirected POST would go on as a GET, and the key with it to somewhere else.
    redirect: 'manual',
    // Only the client's own If-None-Match counts; a browser's cache would answer in the server's place.
    cache: 'no-store',
    signal,
    ...(call.body === undefined ? {} : { body: call.body }),
  })
}

/** @throws {TypeError} when a segment cannot be one */
export function urlOf({ baseUrl }: Connection, { path, query = {} }: Call): URL {
  const url = new URL(path.map(segment).join('/'), baseUrl)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined)
      url.searchParams.set(name, value instanceof Date ? value.toISOString() : String(value))
  }
  return url
}

/** A segment of dots would climb to another path. */
function segment(text: string): string {
  if (/^\.{0,2}$/.test(text)) throw new TypeError(`"${text}" is not an id`)
  return encodeURIComponent(text)
}
