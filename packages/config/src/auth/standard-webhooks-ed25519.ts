import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import type { Auth } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { signedContent, withSignatures } from './webhook-signature.ts'

/** PKCS #8 in front of a raw ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

const SEED_BYTES = 32

/**
 * Standard Webhooks 1.0, asymmetric: `webhook-signature: v1a,<base64 ed25519 signature>`.
 *
 * @param secrets `whsk_` and the base64 of the private key (its 32-byte seed, or seed and public key); the first is the
 *   present one, the others are kept during a rotation
 */
export function standardWebhooksEd25519(...secrets: [Secret, ...Secret[]]): Auth {
  return {
    kind: 'standard-webhooks-ed25519',
    secrets,
    authenticate: (request) => {
      const { id, seconds, body } = signedContent(request)
      const content = Buffer.concat([Buffer.from(`${id}.${seconds}.`), Buffer.from(body)])
      const signatures = secrets.map((secret) => sign(null, content, readKey(secret)).toString('base64'))
      return withSignatures(
        request,
        signatures.map((signature) => `v1a,${signature}`),
      )
    },
    check: () =>
      secrets.flatMap((secret) => {
        try {
          readKey(secret)
          return []
        } catch {
          return [`secret ${secret.name}: must be whsk_ followed by the base64 of an ed25519 private key`]
        }
      }),
  }
}

function readKey(secret: Secret): KeyObject {
  const text = secret.reveal()
  if (!text.startsWith('whsk_')) throw new Error('not a whsk_ key')
  const bytes = Buffer.from(text.slice('whsk_'.length), 'base64')
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) throw new Error('wrong length')
  return createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, SEED_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  })
}
