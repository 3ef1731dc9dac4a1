/**
 * Which headers a request may be given: names and values of RFC 9110, and none of those that belong to the connection.
 */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** A value may hold no control characters: a line break would begin a header of somebody else's. */
const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** The connection's own; a wrong one would break the request, or smuggle another. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Names that were found to be good: most requests carry the same ones. */
const GOOD_NAMES = new Set<string>()
const MAX_GOOD_NAMES = 1_000

/** Says what is wrong with a header, or `undefined`. Never repeats the value: it may be a secret. */
export function headerError(name: string, value: string): string | undefined {
  if (!GOOD_NAMES.has(name)) {
    if (!TOKEN.test(name)) return `"${name}" is not a header name`
    if (CONNECTION_HEADERS.has(name.toLowerCase())) return `${name} is the connection's to set`
    if (GOOD_NAMES.size < MAX_GOOD_NAMES) GOOD_NAMES.add(name)
  }
  if (FORBIDDEN_IN_VALUE.test(value))
    return `the value of ${name} holds a line break or another forbidden character`
  return undefined
}
