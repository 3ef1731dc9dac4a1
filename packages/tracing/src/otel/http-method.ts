/** Methods as they may be in a span's name: anybody can send any word. */

const KNOWN: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
])
const OTHER = '_OTHER'

/** As an attribute. */
export function methodOf(method: string): string {
  return KNOWN.has(method) ? method : OTHER
}

/** As the name of a span, or its beginning. */
export function methodName(method: string): string {
  return method === OTHER ? 'HTTP' : method
}
