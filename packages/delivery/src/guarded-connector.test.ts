import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { listen } from '../../../test/support/scripted-server.ts'
import { BlockedAddressError, guardedConnector } from './guarded-connector.ts'
import type { Resolve } from './share-lookups.ts'

/** A DNS whose answer is another one each time it is asked. */
function changingDns(...answers: readonly string[][]) {
  let asked = 0
  const resolve: Resolve = (_hostname, _options, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    )
  }
  return { resolve, asked: () => asked }
}

type Ended = Error | 'connected'

function connect(port: string, resolve: Resolve, allowPrivateNetwork: readonly string[]): Promise<Ended> {
  const policy = { allowPrivateNetwork, timeoutMs: 2_000, tls: undefined, identity: undefined }
  return new Promise((done) => {
    guardedConnector(policy, resolve)(
      { hostname: 'api.example', protocol: 'http:', port },
      (error, socket) => {
        const open: Socket | null = socket
        open?.destroy()
        done(error ?? 'connected')
      },
    )
  })
}

test('a name is resolved once, and the socket goes to the address that was checked', async () => {
  const port = String(await listen(createServer()))
  // Allowed when it is checked; what a second look would give is where the server is.
  const dns = changingDns(['127.0.0.2'], ['127.0.0.1'])
  const ended = await connect(port, dns.resolve, ['127.0.0.2/32'])
  expect(dns.asked()).toBe(1)
  expect(ended).toMatchObject({ code: 'ECONNREFUSED', address: '127.0.0.2' })
})

test('a name that has come to be a forbidden address is refused', async () => {
  const port = String(await listen(createServer()))
  const dns = changingDns(['127.0.0.1'])
  expect(await connect(port, dns.resolve, ['127.0.0.2/32'])).toBeInstanceOf(BlockedAddressError)
  expect(await connect(port, dns.resolve, ['127.0.0.1/32'])).toBe('connected')
})

test('of several addresses only the allowed ones are used', async () => {
  const port = String(await listen(createServer()))
  const dns = changingDns(['169.254.169.254', '127.0.0.1'])
  expect(await connect(port, dns.resolve, ['127.0.0.1/32'])).toBe('connected')
})
