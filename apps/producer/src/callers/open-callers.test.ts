import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey, readSettings } from '@manifold/config'
import { createLogger } from '@manifold/runtime'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openCallers } from './open-callers.ts'

let folder: string
const lines: string[] = []
const logger = createLogger('test', 'info', { write: (line: string) => lines.push(line) })

beforeEach(() => {
  lines.length = 0
  folder = mkdtempSync(join(tmpdir(), 'manifold-callers-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const ISSUER = { issuer: 'https://issuer.example', audience: 'manifold' }

/** A key of the issuer's: what its set says of it, and a token that it signed. */
async function issued(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }
  const token = await new SignJWT({ scope: 'publish' })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(ISSUER.issuer)
    .setAudience(ISSUER.audience)
    .setSubject('shop')
    .setExpirationTime('1h')
    .sign(privateKey)
  return { keySet: JSON.stringify({ keys: [jwk] }), header: `Bearer ${token}` }
}

test('a reload reads the keys of tokens again, and a token that was good a moment ago is judged anew', async () => {
  const [one, two] = [await issued('one'), await issued('two')]
  const file = join(folder, 'jwks.json')
  writeFileSync(file, one.keySet)
  const settings = readSettings({
    MANIFOLD_JWT_JWKS_URL: file,
    MANIFOLD_JWT_ISSUER: ISSUER.issuer,
    MANIFOLD_JWT_AUDIENCE: ISSUER.audience,
  })
  const { identify, reload } = await openCallers(settings, logger)
  expect(await identify(one.header)).toMatchObject({ kind: 'caller', caller: { name: 'jwt:shop' } })

  writeFileSync(file, two.keySet)
  expect(await identify(one.header)).toMatchObject({ kind: 'caller' })
  await reload()
  expect(await identify(one.header)).toMatchObject({ kind: 'unauthenticated' })
  expect(await identify(two.header)).toMatchObject({ kind: 'caller' })

  writeFileSync(file, '{}')
  await reload()
  expect(lines.join('')).toContain('keys of tokens not reloaded: those of before stay in force')
  expect(await identify(two.header)).toMatchObject({ kind: 'caller' })
})

test('a reload reads the file of keys again; the environment’s own stay', async () => {
  const [shop, desk] = [createApiKey('shop', ['publish']), createApiKey('desk', ['read'])]
  const header = (key: { key: string }) => `Bearer ${key.key}`
  const file = join(folder, 'keys')
  writeFileSync(file, desk.entry)
  const { identify, reload } = await openCallers(readSettings({ MANIFOLD_API_KEYS: shop.entry }), logger)
  vi.stubEnv('MANIFOLD_API_KEYS', shop.entry)
  vi.stubEnv('MANIFOLD_API_KEYS_FILE', file)
  await reload()
  expect(await identify(header(shop))).toMatchObject({ kind: 'caller' })
  vi.stubEnv('MANIFOLD_API_KEYS', '')
  await reload()
  expect(await identify(header(shop))).toMatchObject({ kind: 'unauthenticated' })
  expect(await identify(header(desk))).toMatchObject({ kind: 'caller' })
  expect(lines.filter((line) => line.includes('keys reloaded'))).toHaveLength(1)
})
