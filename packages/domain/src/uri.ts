/** The grammar of URIs (RFC 3986, appendix A), which `URL` does not judge: it repairs what is wrong, and refuses what is relative. */

const UNIT = "[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}"
const SCHEME = '[A-Za-z][A-Za-z0-9+.\\-]*:'
const AUTHORITY = `//(?:(?:${UNIT})*@)?(?:\\[[0-9A-Fa-fv.:]+\\]|(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?(?=[/?#]|$)`
const PATH = `(?:${UNIT}|/)*`
const QUERY_AND_FRAGMENT = `(?:\\?(?:${UNIT}|[/?])*)?(?:#(?:${UNIT}|[/?])*)?`

const HIERARCHY = `(?:${AUTHORITY}|(?!//))${PATH}${QUERY_AND_FRAGMENT}`
const URI = new RegExp(`^${SCHEME}${HIERARCHY}$`)
/** Without a scheme, a colon may not stand in the first segment: it would make one. */
const RELATIVE = new RegExp(`^(?![^/?#]*:)${HIERARCHY}$`)

/** Whether a text is a URI with a scheme. */
export function isUri(text: string): boolean {
  return URI.test(text)
}

/** Whether a text is a URI or a relative reference. */
export function isUriReference(text: string): boolean {
  return URI.test(text) || RELATIVE.test(text)
}
