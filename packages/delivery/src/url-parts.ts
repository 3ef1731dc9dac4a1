/** The parts of a target's URL. Most targets have one, which is taken apart once. */

export type UrlParts = {
  readonly href: string
  readonly origin: string
  /** With the query. */
  readonly path: string
  readonly protocol: string
  readonly hasCredentials: boolean
}

/** Targets whose URL depends on the event may have any number. */
const MAX_REMEMBERED = 1_000

const remembered = new Map<string, UrlParts>()

/** @returns `undefined` when it is no absolute URL (WHATWG URL Standard) */
export function urlParts(text: string): UrlParts | undefined {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const url = URL.parse(text)
  if (url === null) return undefined
  const parts = {
    href: url.href,
    origin: url.origin,
    path: url.pathname + url.search,
    protocol: url.protocol,
    hasCredentials: url.username !== '' || url.password !== '',
  }
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(text, parts)
  return parts
}
