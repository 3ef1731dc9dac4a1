/** The `Idempotency-Key` request header (draft-ietf-httpapi-idempotency-key-header-07). */

export type KeyReading =
  { readonly kind: 'key'; readonly value: string | undefined } | { readonly kind: 'invalid' }

/** Takes the key as a structured-field string (`"abc"`) or bare (`abc`), as most clients send it. */
export function readIdempotencyKey(header: string | undefined): KeyReading {
  if (header === undefined) return { kind: 'key', value: undefined }
  const value = /^"(?<quoted>.*)"$/.exec(header)?.groups?.['quoted'] ?? header
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(value)
    ? { kind: 'key', value }
    : { kind: 'invalid' }
}
