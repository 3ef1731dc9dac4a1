import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAddressAllowed } from './network-policy.ts'

describe('without private networks', () => {
  test.each([
    ['a public address', '8.8.8.8'],
    ['the address before 10.0.0.0/8', '9.255.255.255'],
    ['the address behind 10.0.0.0/8', '11.0.0.0'],
    ['the address before 172.16.0.0/12', '172.15.255.255'],
    ['the address behind 172.16.0.0/12', '172.32.0.0'],
    ['the address before 100.64.0.0/10', '100.63.255.255'],
    ['the address behind 100.64.0.0/10', '100.128.0.0'],
    ['the address before multicast', '223.255.255.255'],
    ['a public IPv6 address', '2606:4700:4700::1111'],
    ['the first global unicast IPv6 address after Teredo and documentation', '2400::1'],
  ])('%s (%s) is allowed', (_what, address) => {
    expect(isAddressAllowed(address, false)).toBe(true)
  })

  test.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.0'],
    ['private', '10.255.255.255'],
    ['private', '172.16.0.0'],
    ['private', '172.31.255.255'],
    ['private', '192.168.0.1'],
    ['shared, of a carrier', '100.64.0.0'],
    ['shared, of a carrier', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.255'],
    ['link-local', '169.254.0.1'],
    ['cloud metadata', '169.254.169.254'],
    ['protocol assignments', '192.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relays', '192.88.99.1'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['unique-local', 'fc00::1'],
    ['unique-local, the metadata service of AWS', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['an IPv4 address mapped', '::ffff:10.0.0.1'],
    ['a public IPv4 address mapped', '::ffff:8.8.8.8'],
    ['an IPv4 address in the compatible form', '::7f00:1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['NAT64 of a local network', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['the discard prefix', '100::1'],
    ['not given out', '4000::1'],
  ])('%s (%s) is not allowed', (_what, address) => {
    expect(isAddressAllowed(address, false)).toBe(false)
  })

  test.each(['', 'localhost', 'crm.example', '10.0.0.256', '[::1]', '::1::', 'ff'])(
    '%j is no address, and not allowed',
    (text) => {
      expect(isAddressAllowed(text, false)).toBe(false)
      expect(isAddressAllowed(text, ['0.0.0.0/0', '::/0'])).toBe(false)
    },
  )
})

describe('a list of CIDRs', () => {
  test.each([
    ['10.1.0.0/16', '10.1.255.255', true],
    ['10.1.0.0/16', '10.2.0.0', false],
    ['10.1.2.3/32', '10.1.2.3', true],
    ['10.1.2.3/32', '10.1.2.4', false],
    ['fd00::/8', 'fdff::1', true],
    ['fd00::/8', 'fc00::1', false],
    ['127.0.0.0/8', '::1', false],
    ['::1/128', '127.0.0.1', false],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', 'fd00::1', false],
  ])('%s answers for %s: %s', (cidr, address, allowed) => {
    expect(isAddressAllowed(address, [cidr])).toBe(allowed)
  })

  test('allows what any of them allows', () => {
    const both = ['10.1.0.0/16', 'fd00::/8']
    expect(['10.1.0.1', 'fd00::1', '10.2.0.1'].map((address) => isAddressAllowed(address, both))).toEqual([
      true,
      true,
      false,
    ])
  })

  test('for IPv4 allows the mapped form too, as both are the same host', () => {
    expect(isAddressAllowed('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true)
    expect(isAddressAllowed('::ffff:10.2.0.1', ['10.1.0.0/16'])).toBe(false)
  })

  test('never takes a public address away', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        if (isAddressAllowed(address, false)) expect(isAddressAllowed(address, ['10.0.0.0/8'])).toBe(true)
      }),
    )
  })

  test('that is empty is as good as none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(isAddressAllowed(address, [])).toBe(isAddressAllowed(address, false))
      }),
    )
  })
})

test('every address is allowed where everything is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      expect(isAddressAllowed(address, true)).toBe(true)
    }),
  )
})
