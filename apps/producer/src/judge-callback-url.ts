/**
 * The judgement of a callback's address at the door: what will never be called is refused while its sender is still there.
 *
 * A name is not resolved here: what it means may change until it is called, and the worker checks every connection it makes.
 */
import { isIP } from 'node:net'
import { plainHost, type Callbacks } from '@manifold/config'
// Not the whole package: a producer sends nothing, and needs no client.
import { isAddressAllowed } from '@manifold/delivery/network-policy'

const NOT_CONFIGURED =
  'callbacks are not configured: set `callbacks: { signingSecret: secret("NAME") }` in manifold.config.ts'

const LOOPBACK = ['127.0.0.1', '::1']

/** @returns what tells what is wrong with an address, if anything is */
export function callbackUrlJudge(callbacks: Callbacks | undefined): (url: string) => string | undefined {
  if (callbacks === undefined) return () => NOT_CONFIGURED
  const { allowPrivateNetwork } = callbacks.target
  return (text) => {
    const mistake = callbacks.judgeUrl(text)
    if (mistake !== undefined) return mistake
    const host = plainHost(new URL(text))
    const addresses = literalAddresses(host)
    if (addresses.length === 0) return undefined
    if (addresses.some((address) => isAddressAllowed(address, allowPrivateNetwork))) return undefined
    return `${host} is not a public address, and the callbacks setting does not allow it`
  }
}

/** The addresses a host stands for whatever the DNS says (RFC 6761 for `localhost`); none for any other name. */
function literalAddresses(host: string): readonly string[] {
  if (isIP(host) !== 0) return [host]
  return host === 'localhost' || host.endsWith('.localhost') ? LOOPBACK : []
}
