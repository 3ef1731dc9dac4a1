/**
 * Whose `X-Forwarded-For` is believed: `MANIFOLD_TRUST_PROXY`. A number of proxies in front of the producer, or their
 * addresses. There is no way to believe anybody: a caller could then write any address into the log.
 */
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

export type TrustedProxies = number | readonly string[]

/** Ranges that have a name. */
const NAMED = new Set(['loopback', 'linklocal', 'uniquelocal'])

export const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  const proxies = text.split(/[\s,]+/).filter((proxy) => proxy !== '')
  if (proxies.length > 0 && proxies.every((proxy) => NAMED.has(proxy) || isRange(proxy))) return proxies
  context.addIssue(
    'write how many proxies there are, or their addresses: 10.0.0.0/8, loopback, linklocal, uniquelocal',
  )
  return z.NEVER
})

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  if (!/^\d{1,3}$/.test(bits)) return false
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}
