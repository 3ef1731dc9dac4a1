import type { OutgoingRequest } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { clientWith, deadlineOf, serve } from '../../../test/support/scripted-server.ts'
import { send } from './send.ts'

const requestTo = (url: string): OutgoingRequest => ({ method: 'POST', url, headers: {}, body: '{}' })

const sendTo = (url: string, allowPrivateNetwork: boolean | readonly string[] = false) =>
  send(clientWith({ allowPrivateNetwork }), requestTo(new URL(url).href), deadlineOf())

/** Each a host as an attacker may write it; the WHATWG URL parser reads it before anything else does. */
const SPELLINGS: [string, readonly string[]][] = [
  [
    'loopback',
    ['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '127.0.0.1.', '１２７.０.０.１', '127。0。0。1'],
  ],
  [
    'loopback in one number',
    ['2130706433', '0x7f000001', '0X7F000001', '017700000001', '0x7F.1', '0177.0x0.1'],
  ],
  [
    'loopback in octal and hex parts',
    ['0177.0.0.1', '0x7f.0.0.1', '0x7f.0x0.0x0.0x1', '0177.0.0.01', '0x7f.0.1'],
  ],
  ['loopback percent-encoded', ['%31%32%37.0.0.1', '127%2e0%2e0%2e1']],
  ['this network', ['0', '0.0.0.0', '0x0', '0.1', '00.0.0.0', '0.255.255.255']],
  ['private', ['10.0.0.1', '10.1', '167772161', '0xa000001', '012.0.0.1', '172.16.0.1', '172.31.255.255']],
  ['private at home', ['192.168.0.1', '192.168.1', '3232235521', '0xc0a80001', '0300.0250.0.1']],
  ['carrier-grade NAT', ['100.64.0.1', '100.127.255.254', '1681915905']],
  ['cloud metadata', ['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518']],
  ['link-local', ['169.254.0.1', '[fe80::1]', '[febf::1]']],
  ['multicast', ['224.0.0.1', '239.255.255.255', '[ff02::1]', '[ff0e::1]']],
  ['broadcast and reserved', ['255.255.255.255', '4294967295', '0xffffffff', '240.0.0.1']],
  ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '[2001:db8::1]']],
  ['IPv6 loopback and unspecified', ['[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::]']],
  [
    'IPv4-mapped',
    ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:10.0.0.1]', '[::FFFF:a9fe:a9fe]'],
  ],
  ['IPv4-compatible', ['[::127.0.0.1]', '[::7f00:1]', '[::169.254.169.254]']],
  ['IPv4-translated', ['[::ffff:0:127.0.0.1]', '[::ffff:0:7f00:1]']],
  ['NAT64', ['[64:ff9b::127.0.0.1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::10.0.0.1]']],
  ['6to4', ['[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2002:a00:1::1]']],
  ['Teredo', ['[2001::1]', '[2001:0:7f00:1::80ff:fffe]']],
  ['unique-local', ['[fc00::1]', '[fd00::1]', '[fd00:ec2::254]', '[fdff:ffff::1]']],
  ['site-local and discard', ['[fec0::1]', '[100::1]']],
]

const spelled = SPELLINGS.flatMap(([what, hosts]) => hosts.map((host): [string, string] => [what, host]))

describe('an address that is not public', () => {
  test.each(spelled)('is blocked: %s as %s', async (_what, host) => {
    expect(await sendTo(`http://${host}:9/`)).toEqual({
      kind: 'blocked',
      error: expect.stringContaining('is not a public address; see allowPrivateNetwork') as unknown,
    })
  })

  test('is blocked before TLS as well', async () => {
    expect((await sendTo('https://127.0.0.1:9/')).kind).toBe('blocked')
    expect((await sendTo('https://[::1]:9/')).kind).toBe('blocked')
  })

  test('is tried in at least 45 spellings, all different', () => {
    expect(new Set(spelled.map(([, host]) => host)).size).toBe(spelled.length)
    expect(spelled.length).toBeGreaterThanOrEqual(45)
  })
})

describe('a name', () => {
  test.each(['localhost', 'LOCALHOST', 'LocalHost', '%6cocalhost', 'ｌocalhost'])(
    'that resolves to loopback is blocked: %s',
    async (host) => {
      const sent = await sendTo(`http://${host}:9/`)
      expect(sent).toMatchObject({ kind: 'blocked' })
      expect(JSON.stringify(sent)).toMatch(/localhost is (127\.0\.0\.1|::1), which is not a public address/)
    },
  )

  test('that resolves to an allowed address is reached', async () => {
    const url = await serve((_request, response) => response.end('hi'))
    const named = url.replace('127.0.0.1', 'localhost')
    expect(await sendTo(named, ['127.0.0.0/8'])).toMatchObject({ response: { text: 'hi' } })
  })
})

describe('an allowed address', () => {
  test.each([
    ['its own CIDR', ['127.0.0.1/32']],
    ['one CIDR of several', ['10.0.0.0/8', '127.0.0.0/8']],
    ['everything', true],
  ])('is reached by %s', async (_what, allowed) => {
    const url = await serve((_request, response) => response.end('hi'))
    expect(await sendTo(url, allowed)).toMatchObject({ kind: 'answered', response: { text: 'hi' } })
  })

  test.each([
    ['another network', ['10.0.0.0/8']],
    ['its neighbour', ['127.0.0.2/32']],
    ['all of IPv6', ['::/0']],
    ['nothing', []],
  ])('is not what %s allows', async (_what, allowed) => {
    const url = await serve((_request, response) => response.end('hi'))
    expect((await sendTo(url, allowed)).kind).toBe('blocked')
  })
})

test('a redirect to an address that is not public is not followed', async () => {
  const inner: (string | undefined)[] = []
  const hidden = await serve((request, response) => response.end(String(inner.push(request.url))))
  const url = await serve((_request, response) => response.writeHead(307, { location: hidden }).end())
  const client = clientWith({ allowPrivateNetwork: ['127.0.0.1/32'] })
  expect(await send(client, requestTo(url), deadlineOf())).toMatchObject({ response: { status: 307 } })
  expect((await client.fetchWithin(deadlineOf())(url)).status).toBe(307)
  expect(inner).toEqual([])
})

test.each([
  'http://127.0.0.1:8999/',
  'http://2130706433:8999/',
  'http://[::ffff:7f00:1]:8999/',
  'http://localhost:8999/',
])('a function’s fetch of %s is blocked like the target itself', async (url) => {
  const fetchWithin = clientWith({ allowPrivateNetwork: false }).fetchWithin(deadlineOf())
  const error: unknown = await fetchWithin(url).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect((error as Error).cause).toMatchObject({ code: 'MANIFOLD_BLOCKED' })
})
