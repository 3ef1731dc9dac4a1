import { createServer, type Server, type ServerResponse } from 'node:http'
import { listenOn } from '@manifold/runtime'
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTokenKeys, TokenKeysAway, type TokenKeys } from './token-keys.ts'

let keySet: { keys: JWK[] } | undefined
let asked = 0
let isHanging = false
const hanging: ServerResponse[] = []
let server: Server
let url: URL
let away: ReturnType<typeof vi.fn<(error: unknown) => void>>

beforeEach(async () => {
  asked = 0
  isHanging = false
  hanging.length = 0
  keySet = { keys: [await newKey('one')] }
  away = vi.fn()
  server = createServer((_request, response) => {
    asked++
    if (isHanging) hanging.push(response)
    else if (keySet === undefined) response.writeHead(503).end()
    else response.end(JSON.stringify(keySet))
  })
  url = new URL(`http://127.0.0.1:${String(await listenOn(server, '127.0.0.1', 0))}/jwks`)
})
afterEach(() => {
  vi.useRealTimers()
  server.close()
  server.closeAllConnections()
})

async function newKey(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair('ES256')
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }
}

const find = (keys: TokenKeys, kid: string): Promise<CryptoKey | Uint8Array> =>
  keys.get({ alg: 'ES256', kid }, { payload: '', signature: '' }) as Promise<CryptoKey>

/** Only what time it is: the requests are real. */
const pass = (ms: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
}

test('many who come at once ask the issuer once, and nobody later', async () => {
  const keys = createTokenKeys(url, { onAway: away })
  await Promise.all(Array.from({ length: 20 }, () => find(keys, 'one')))
  await find(keys, 'one')
  expect(asked).toBe(1)
})

test('a key that is new is found, though not sought more often than every ten seconds', async () => {
  const keys = createTokenKeys(url, { onAway: away })
  await find(keys, 'one')
  keySet?.keys.push(await newKey('two'))
  await expect(find(keys, 'two')).rejects.toThrow('no applicable key')
  expect(asked).toBe(1)
  pass(10_000)
  await find(keys, 'two')
  for (let count = 0; count < 5; count++) await expect(find(keys, 'three')).rejects.toThrow('no applicable')
  expect(asked).toBe(2)
})

test('a key that was withdrawn is good no longer than five minutes', async () => {
  const keys = createTokenKeys(url, { onAway: away })
  await find(keys, 'one')
  keySet = { keys: [await newKey('two')] }
  pass(290_000)
  await find(keys, 'one')
  expect(asked).toBe(1)
  pass(10_001)
  // Also where the first token for hours is signed with it, and another one comes while the keys are read.
  const both = [find(keys, 'one'), find(keys, 'one')]
  for (const one of both) await expect(one).rejects.toThrow('no applicable key')
  expect(asked).toBe(2)
})

test('an issuer that does not answer holds up those whose key is known once, for two seconds at most', async () => {
  const keys = createTokenKeys(url, { onAway: away })
  await find(keys, 'one')
  isHanging = true
  pass(300_001)
  const begunAt = performance.now()
  await Promise.all([find(keys, 'one'), find(keys, 'one')])
  expect(performance.now() - begunAt).toBeLessThan(3_000)
  expect(asked).toBe(2)
  expect(away).toHaveBeenCalledOnce()
  const again = performance.now()
  pass(10_001)
  await find(keys, 'one')
  expect(performance.now() - again).toBeLessThan(1_000)
  // It is asked behind that request, and once it answers what it says counts again.
  await vi.waitFor(() => {
    expect(asked).toBe(3)
  })
  isHanging = false
  keySet = { keys: [await newKey('two')] }
  for (const response of hanging.splice(0)) response.end(JSON.stringify(keySet))
  await vi.waitFor(() => expect(find(keys, 'one')).rejects.toThrow('no applicable key'))
})

test('when the issuer is away, known keys stay good, others are in doubt, and it is told of once', async () => {
  const keys = createTokenKeys(url, { onAway: away })
  await find(keys, 'one')
  keySet = undefined
  pass(20_000)
  for (let count = 0; count < 5; count++) await expect(find(keys, 'two')).rejects.toThrow(TokenKeysAway)
  // It is left in peace for a second.
  expect(asked).toBe(2)
  await find(keys, 'one')
  pass(1_500)
  await expect(find(keys, 'two')).rejects.toThrow(TokenKeysAway)
  expect(asked).toBe(3)
  expect(away).toHaveBeenCalledOnce()
  keySet = { keys: [await newKey('two')] }
  pass(1_500)
  await find(keys, 'two')
})

test('an answer that is no key set is as good as none', async () => {
  const keys = createTokenKeys(url, { onAway: away })
  Object.assign(keySet ?? {}, { keys: 'none' })
  await expect(find(keys, 'one')).rejects.toThrow(TokenKeysAway)
})
