import type { UnverifiedWebhook, Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { isSignedBy, type Content, type HmacAlgorithm, type SignatureEncoding } from './hmac.ts'
import { DEFAULT_TOLERANCE_MS, judgeTime, MAX_TOLERANCE_MS } from './timeliness.ts'
import { MISMATCH, missingHeader } from './verdict.ts'

/** What a sender may sign: the body, and the time from its header, `''` without one. */
export type SignableParts = UnverifiedWebhook & { readonly timestamp: string }

export type HmacSignatureOptions = {
  /** The header with the signature. */
  readonly header: string
  /** Default `sha256`. `sha1` only where the sender has nothing better. */
  readonly algorithm?: HmacAlgorithm
  /** How the signature is written. Default `hex`, in either case. */
  readonly encoding?: SignatureEncoding
  /** What stands before the signature in its header, such as `sha256=`. */
  readonly prefix?: string
  /** How the secret is written. Default `utf8`: its text is the key. */
  readonly secretEncoding?: 'utf8' | 'hex' | 'base64'
  /** The header with the time of sending. Default tolerance 300,000 ms, at most a day; in seconds. */
  readonly timestamp?: {
    readonly header: string
    readonly toleranceMs?: number
    readonly unit?: 'seconds' | 'milliseconds'
  }
  /** Default: the body; with a timestamp, `<timestamp>.<body>`. Parts are joined without anything between. */
  readonly signedContent?: (parts: SignableParts) => Content
  /**
   * The header in which the sender names the webhook, the same when it sends it again. Without it, webhooks whose
   * signed bytes are the same are one.
   */
  readonly idHeader?: string
}

/**
 * An HMAC in a header, as most senders have it.
 *
 * @param secrets during a rotation the old one too: a signature of either is taken
 */
export function hmacSignature(options: HmacSignatureOptions, ...secrets: [Secret, ...Secret[]]): Verifier {
  const { header, prefix = '', encoding = 'hex', timestamp, secretEncoding = 'utf8' } = options
  const toleranceMs = timestamp?.toleranceMs ?? DEFAULT_TOLERANCE_MS
  if (!(toleranceMs > 0 && toleranceMs <= MAX_TOLERANCE_MS))
    throw new TypeError('hmacSignature(): toleranceMs must be above 0 and at most 86,400,000')
  const unitMs = timestamp?.unit === 'milliseconds' ? 1 : 1_000
  const form = {
    algorithm: options.algorithm ?? 'sha256',
    encoding,
    readKey: (secret: string) => Buffer.from(secret, secretEncoding),
  } as const
  const signedContent = options.signedContent ?? (timestamp === undefined ? bodyOnly : timeAndBody)

  return {
    kind: 'hmac-signature',
    secrets,
    verify: (webhook, nowMs) => {
      const presented = webhook.headers[header.toLowerCase()]
      if (presented === undefined) return missingHeader(header)
      if (!presented.startsWith(prefix)) return MISMATCH
      const time = timestamp === undefined ? '' : webhook.headers[timestamp.header.toLowerCase()]
      if (time === undefined) return missingHeader(timestamp?.header ?? '')

      const content = signedContent({ ...webhook, timestamp: time })
      const bare = presented.slice(prefix.length)
      if (!isSignedBy(secrets, form, content, [encoding === 'hex' ? bare.toLowerCase() : bare]))
        return MISMATCH
      if (timestamp !== undefined) {
        const timeliness = judgeTime(time, nowMs, toleranceMs, unitMs)
        if (timeliness.kind === 'untimely') return { kind: 'refused', reason: timeliness.reason }
      }
      const { idHeader } = options
      const id = idHeader === undefined ? undefined : webhook.headers[idHeader.toLowerCase()]
      return { kind: 'genuine', id, signed: content }
    },
    check: () =>
      secrets.flatMap((secret) => {
        const text = secret.reveal()
        const fits = secretEncoding === 'utf8' || WELL_FORMED[secretEncoding].test(text)
        return fits ? [] : [`secret ${secret.name}: must be ${secretEncoding}`]
      }),
  }
}

const WELL_FORMED = { hex: /^(?:[0-9a-fA-F]{2})+$/, base64: /^[A-Za-z0-9+/]+={0,2}$/ }

function bodyOnly({ body }: SignableParts): Content {
  return [body]
}

function timeAndBody({ timestamp, body }: SignableParts): Content {
  return [timestamp, '.', body]
}
