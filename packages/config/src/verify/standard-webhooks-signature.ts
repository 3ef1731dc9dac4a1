import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { isSignedBy, type Content } from './hmac.ts'
import { judgeTime } from './timeliness.ts'
import { MISMATCH, missingHeader } from './verdict.ts'

/** SubjectPublicKeyInfo in front of a raw ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const PUBLIC_KEY_BYTES = 32

const FORM = {
  algorithm: 'sha256',
  encoding: 'base64',
  readKey: (secret: string) => Buffer.from(secret.slice('whsec_'.length), 'base64'),
} as const

/**
 * Standard Webhooks 1.0, symmetric (`v1`) and asymmetric (`v1a`): `webhook-id`, `webhook-timestamp` and
 * `webhook-signature`, or the same under Svix's older names (`svix-id` …); at most five minutes old.
 *
 * A webhook is known again by its id, which is signed.
 *
 * @param secrets `whsec_…` or, for ed25519, the sender's public key `whpk_…`; during a rotation the old one too
 */
export function standardWebhooksSignature(...secrets: [Secret, ...Secret[]]): Verifier {
  return {
    kind: 'standard-webhooks-signature',
    secrets,
    verify: ({ headers, body }, nowMs) => {
      const family =
        headers['webhook-id'] === undefined && headers['svix-id'] !== undefined ? 'svix' : 'webhook'
      const id = headers[`${family}-id`]
      const time = headers[`${family}-timestamp`]
      const signature = headers[`${family}-signature`]
      if (id === undefined || id === '') return missingHeader('webhook-id')
      if (time === undefined) return missingHeader('webhook-timestamp')
      if (signature === undefined) return missingHeader('webhook-signature')

      const content = [id, '.', time, '.', body]
      if (!isGenuine(secrets, content, signature.split(' '))) return MISMATCH
      const timeliness = judgeTime(time, nowMs)
      if (timeliness.kind === 'untimely') return { kind: 'refused', reason: timeliness.reason }
      return { kind: 'genuine', id, signed: content }
    },
    check: () =>
      secrets.flatMap((secret) => {
        const text = secret.reveal()
        const fits = isPublic(secret) ? readsAsKey(text) : /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)
        return fits
          ? []
          : [`secret ${secret.name}: must be whsec_ or whpk_ followed by the base64 of the key`]
      }),
  }
}

function isGenuine(secrets: readonly Secret[], content: Content, presented: readonly string[]): boolean {
  const symmetric = secrets.filter((secret) => !isPublic(secret))
  if (isSignedBy(symmetric, FORM, content, versions(presented, 'v1'))) return true
  const asymmetric = secrets.filter(isPublic)
  if (asymmetric.length === 0) return false
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)))
  return asymmetric.some((secret) => {
    const key = readPublicKey(secret.reveal())
    return versions(presented, 'v1a').some((one) => {
      const signature = Buffer.from(one, 'base64')
      // Node reads base64 leniently: one signature has one writing.
      return signature.toString('base64') === one && verify(null, bytes, key, signature)
    })
  })
}

function versions(presented: readonly string[], version: string): string[] {
  return presented.flatMap((one) => (one.startsWith(`${version},`) ? [one.slice(version.length + 1)] : []))
}

function isPublic(secret: Secret): boolean {
  return secret.reveal().startsWith('whpk_')
}

function readsAsKey(text: string): boolean {
  try {
    readPublicKey(text)
    return true
  } catch {
    return false
  }
}

function readPublicKey(text: string): KeyObject {
  const bytes = Buffer.from(text.slice('whpk_'.length), 'base64')
  if (bytes.length !== PUBLIC_KEY_BYTES) throw new Error('wrong length')
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' })
}
