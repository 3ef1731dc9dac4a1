/**
 * Whether a caller has the state that an `ETag` names (RFC 9110, section 13.1.2).
 *
 * Not Express's `request.fresh`: that one looks at `Cache-Control: no-cache` too, which `fetch` adds to every request
 * that has an `If-None-Match`, and which is for caches.
 */
export function hasState(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.trim() === '*' || tagsIn(ifNoneMatch).includes(etag)
}

/** The comparison is the weak one: `W/` makes no difference. */
function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
}
