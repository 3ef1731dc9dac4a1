/** What every call of a client shares: where the server is, the key, and how patient to be. */
import { systemClock, type Clock } from './clock.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './retry.ts'

export type ClientOptions = {
  /** Where Manifold is, such as `https://manifold.example`; may have a path before `/v1`. */
  readonly url: string | URL
  readonly apiKey?: string | undefined
  /** For one attempt, from sending to the last byte of the answer. Default 10,000. */
  readonly timeoutMs?: number | undefined
  readonly retry?: Partial<RetryPolicy> | undefined
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Instead of the platform's. */
  readonly fetch?: typeof fetch | undefined
  readonly clock?: Clock | undefined
  /** Gives numbers in [0, 1); for back-off only, never for keys. */
  readonly random?: (() => number) | undefined
}

export type Connection = {
  readonly baseUrl: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: () => number
}

/** @throws {TypeError} when an option cannot work; its message never holds the API key */
export function openConnection(options: ClientOptions): Connection {
  const { url, apiKey, timeoutMs = 10_000, retry, headers, clock = systemClock } = options
  return {
    baseUrl: baseUrl(url),
    headers: { ...headers, ...(apiKey === undefined ? {} : { authorization: `Bearer ${checked(apiKey)}` }) },
    timeoutMs,
    retry: { ...DEFAULT_RETRY, ...retry },
    // A browser's fetch works only as a function of the window.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock,
    random: options.random ?? Math.random,
  }
}

function baseUrl(given: string | URL): URL {
  const url = new URL(given)
  // fetch refuses credentials in a URL, and quotes them when it does.
  if (url.username !== '' || url.password !== '')
    throw new TypeError('url: give the key as apiKey, not in the URL')
  url.hash = ''
  url.search = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** Checked here because fetch would quote the whole header in its error. */
function checked(apiKey: string): string {
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new TypeError('apiKey: empty, or with characters that no header can carry (a line end, a space?)')
  return apiKey
}
