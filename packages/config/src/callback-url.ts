/**
 * Which addresses may be called back, as far as the text of one tells. Pure: an address in, what is wrong with it out.
 *
 * It does not know which IP addresses are private: the producer asks packages/delivery's network policy about literal ones,
 * and the worker's connector about what a name resolves to.
 */
import { isIP } from 'node:net'

export type CallbackUrlRules = {
  /** Patterns of hosts; `undefined` lets every host be called. */
  readonly allow: readonly string[] | undefined
  readonly allowHttp: boolean
}

/** A name of the DNS. Odder ones pass the URL parser. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** What is wrong with an address that is to be called back; `undefined` when nothing is. */
export function callbackUrlMistake(text: string, { allow, allowHttp }: CallbackUrlRules): string | undefined {
  const url = URL.parse(text)
  // The parser would mend these; an address that two parsers may read differently is refused instead.
  if (url === null || !/^[a-z]+:\/\/[^/]/i.test(text) || /[\s\\]/.test(text))
    return 'must be an absolute URL such as https://hooks.example.com/done'
  if (url.protocol === 'http:' && !allowHttp) return 'must be https (the callbacks setting allows no http)'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `must be https, not ${url.protocol}`
  if (url.username !== '' || url.password !== '')
    return 'no credentials in a URL: a callback is signed instead'
  if (text.includes('#')) return 'no fragment: it would not be sent'
  const host = plainHost(url)
  if (isIP(host) === 0 && !HOST_NAME.test(host)) return `"${host}" is not a host name`
  if (allow !== undefined && !allow.some((pattern) => matches(pattern, host)))
    return `the host ${host} is not among those that the callbacks setting allows`
  return undefined
}

/** The host without the brackets of IPv6 and the dot of an absolute name. The parser has made every form of IPv4 the plain one. */
export function plainHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/\.$/, '')
}

/** A pattern of hosts as it is compared; `undefined` when it is none. */
export function readHostPattern(pattern: string): string | undefined {
  const wildcard = pattern.startsWith('*.') ? '*.' : ''
  const name = pattern.slice(wildcard.length)
  const isBracketed = /^\[[0-9a-f:.]+\]$/i.test(name)
  if (!isBracketed && /[\s/\\:?#@%*[\]]/.test(name)) return undefined
  const url = URL.parse(`https://${name}`)
  if (url === null) return undefined
  const host = plainHost(url)
  const isLiteral = isIP(host) !== 0
  if (isLiteral ? wildcard !== '' : !HOST_NAME.test(host)) return undefined
  return wildcard + host
}

function matches(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}
