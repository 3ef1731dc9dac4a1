/** What every verifier with a shared secret is made of: the HMAC of some content, compared in constant time. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../secret.ts'

export type HmacAlgorithm = 'sha256' | 'sha384' | 'sha512' | 'sha1'

export type SignatureEncoding = 'hex' | 'base64' | 'base64url'

export type HmacForm = {
  readonly algorithm: HmacAlgorithm
  readonly encoding: SignatureEncoding
  /** The secret's bytes; by default its text in UTF-8. */
  readonly readKey?: (secret: string) => Uint8Array
}

/** Content in parts: nothing is copied to be signed. */
export type Content = readonly (string | Uint8Array)[]

/** Whether one of the presented signatures is one of the secrets' over the content. Looks at all of them, always. */
export function isSignedBy(
  secrets: readonly Secret[],
  form: HmacForm,
  content: Content,
  presented: readonly string[],
): boolean {
  let found = false
  for (const secret of secrets) {
    const key = form.readKey?.(secret.reveal()) ?? secret.reveal()
    const hmac = createHmac(form.algorithm, key)
    for (const part of content) hmac.update(part)
    const expected = hmac.digest(form.encoding)
    for (const one of presented) found = isSame(expected, one) || found
  }
  return found
}

/** Compares in constant time, whatever the lengths: what is compared are hashes of both. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
