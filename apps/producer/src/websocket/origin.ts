/**
 * Which pages may connect; where there are no keys, which may ask at all (http/require-own-page.ts). A browser sends cookies
 * and reaches private addresses for any page, and asks no leave for WebSockets: it only says whose page it is.
 */

/** Whether a request may come in: of no page, of a page of this very host, or of one that is allowed. */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host !== '' && new URL(origin).host === host?.toLowerCase()
}
