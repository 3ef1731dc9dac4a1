/**
 * The connector: resolves, checks and connects, in that order, to the very address that was checked.
 *
 * A name is resolved once; what is refused is left out, and the socket is given the addresses that passed, so that an
 * answer of the DNS that changes in between reaches nothing. IP literals (of which the WHATWG URL parser has already made
 * plain ones: `0x7f000001` is `127.0.0.1`) never come to the lookup, and are checked before it.
 */
import { lookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Auth, Target } from '@manifold/domain'
import { buildConnector } from 'undici'
import { isAddressAllowed } from './network-policy.ts'
import { shareLookups, type Resolve } from './share-lookups.ts'

/** The target is at an address its config does not allow. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError'
  readonly code = 'MANIFOLD_BLOCKED'

  constructor(host: string, address: string) {
    super(
      host === address
        ? `${address} is not a public address; see allowPrivateNetwork`
        : `${host} is ${address}, which is not a public address; see allowPrivateNetwork`,
    )
  }
}

export type ConnectionPolicy = Pick<Target, 'allowPrivateNetwork' | 'timeoutMs' | 'tls'> & {
  readonly identity: ReturnType<NonNullable<Auth['identity']>> | undefined
}

const systemResolver = shareLookups(lookup)

/** @param resolve the resolver; the system's own but for tests that play a changing DNS */
export function guardedConnector(
  policy: ConnectionPolicy,
  resolve: Resolve = systemResolver,
): buildConnector.connector {
  const { allowPrivateNetwork, identity, tls } = policy
  const connect = buildConnector({
    timeout: policy.timeoutMs,
    lookup: guardedLookup(allowPrivateNetwork, resolve),
    rejectUnauthorized: true,
    minVersion: tls?.minVersion ?? 'TLSv1.2',
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
  })
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0 && !isAddressAllowed(host, allowPrivateNetwork)) {
      callback(new BlockedAddressError(host, host), null)
      return
    }
    connect(tls?.servername === undefined ? options : { ...options, servername: tls.servername }, callback)
  }
}

function guardedLookup(allowed: Target['allowPrivateNetwork'], resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, [])
        return
      }
      const passed = addresses.filter(({ address }) => isAddressAllowed(address, allowed))
      const [first] = passed
      if (first === undefined) {
        callback(new BlockedAddressError(hostname, firstOf(addresses)), [])
        return
      }
      if (options.all === true) callback(null, passed)
      else callback(null, first.address, first.family)
    })
  }
}

function firstOf(addresses: readonly LookupAddress[]): string {
  return addresses[0]?.address ?? 'nowhere'
}
