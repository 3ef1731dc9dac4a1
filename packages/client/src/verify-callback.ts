/**
 * Whether a request to a callback URL comes from Manifold (Standard Webhooks 1.0, `v1`: HMAC-SHA256), and what it says.
 *
 * Needs no client: who is called back may be somebody else than who published.
 */
import { isRecord } from './errors.ts'
import { parseJson } from './parse-json.ts'
import type { SettledResult } from './views.ts'

export type Callback = {
  readonly type: 'event.settled'
  readonly timestamp: string
  /** The combined answer, as `GET /v1/events/:id/result` has it, less the links: they would lead nowhere from here. */
  readonly data: Omit<SettledResult, 'links'>
}

export type CallbackRequest = {
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The bytes as they came: a body that was parsed and written again has another signature. */
  readonly body: string | Uint8Array
}

export type VerifyOptions = {
  /** `whsec_…`; several while one takes another's place. */
  readonly secret: string | readonly string[]
  /** How old a callback may be, and how far ahead its clock. Default 300. */
  readonly toleranceSeconds?: number | undefined
  readonly nowMs?: number | undefined
}

export type Verification =
  /** `id` is the same each time a callback is sent: keep it to know a repeat. */
  | { readonly verified: true; readonly id: string; readonly callback: Callback }
  | {
      readonly verified: false
      readonly reason: 'missing-header' | 'wrong-time' | 'wrong-signature' | 'not-a-callback'
    }

/** More than any rotation needs; each costs a pass over the body. */
const MAX_SIGNATURES = 16

/** @throws {TypeError} for a secret that is none; its message does not hold the secret */
export async function verifyCallback(
  request: CallbackRequest,
  options: VerifyOptions,
): Promise<Verification> {
  const { secret, toleranceSeconds = 300, nowMs = Date.now() } = options
  const keys = await Promise.all((typeof secret === 'string' ? [secret] : secret).map(importKey))

  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(request.headers, name),
  )
  if (id === undefined || timestamp === undefined || signatures === undefined)
    return { verified: false, reason: 'missing-header' }
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1_000 - Number(timestamp)) > toleranceSeconds)
    return { verified: false, reason: 'wrong-time' }

  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  const content = join(new TextEncoder().encode(`${id}.${timestamp}.`), body)
  if (!(await isSigned(content, signatures, keys))) return { verified: false, reason: 'wrong-signature' }

  const callback = parseJson(new TextDecoder().decode(body))
  return isCallback(callback)
    ? { verified: true, id, callback }
    : { verified: false, reason: 'not-a-callback' }
}

async function isSigned(
  content: Uint8Array<ArrayBuffer>,
  header: string,
  keys: readonly CryptoKey[],
): Promise<boolean> {
  const signatures = header
    .split(' ')
    .flatMap((one) => (one.startsWith('v1,') ? (bytesOf(one.slice(3)) ?? []) : []))
    .slice(0, MAX_SIGNATURES)
  for (const signature of signatures) {
    for (const key of keys) {
      // Compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, signature, content)) return true
    }
  }
  return false
}

function importKey(secret: string): Promise<CryptoKey> {
  const bytes = secret.startsWith('whsec_') ? bytesOf(secret.slice('whsec_'.length)) : undefined
  if (bytes === undefined || bytes.length === 0)
    throw new TypeError('secret: must be whsec_ followed by base64')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}

function headerOf(headers: CallbackRequest['headers'], name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof found === 'string' ? found : found?.[0]
}

function isCallback(value: unknown): value is Callback {
  return isRecord(value) && value['type'] === 'event.settled' && isRecord(value['data'])
}
