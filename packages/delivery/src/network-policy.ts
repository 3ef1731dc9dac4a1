/**
 * Which addresses a target may be at. Pure: an address in, an answer out.
 *
 * Everything that is not a public unicast address is refused, by what the IANA registries say a range is for: loopback,
 * private, link-local (cloud metadata lives there), unique-local, carrier-grade NAT, multicast, documentation, reserved.
 * IPv6 addresses that carry an IPv4 one (mapped, NAT64, 6to4, Teredo) are refused too: what they reach is not what they look like.
 */
import ipaddr from 'ipaddr.js'

/** `true`: anywhere; a list of CIDRs: public addresses and these; `false`: public addresses only. */
export type PrivateNetwork = boolean | readonly string[]

/** Whether a resolved address (not a name) may be connected to. */
export function isAddressAllowed(address: string, allowed: PrivateNetwork): boolean {
  if (allowed === true) return true
  if (!ipaddr.isValid(address)) return false
  if (isPublic(ipaddr.parse(address))) return true
  return allowed !== false && allowed.some((cidr) => contains(cidr, ipaddr.process(address)))
}

/** Global unicast; of IPv6 only 2000::/3 is given out (RFC 4291), the rest of "unicast" is old or unassigned. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  return address instanceof ipaddr.IPv4 || address.match(ipaddr.IPv6.parseCIDR('2000::/3'))
}

function contains(cidr: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [range, bits] = ipaddr.parseCIDR(cidr)
  return address.kind() === range.kind() && address.match([range, bits])
}
