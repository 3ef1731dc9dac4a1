/** What a verifier is given in a unit test, and what it makes of it. */
import type { UnverifiedWebhook, Verdict, Verifier } from '@manifold/domain'
import fc from 'fast-check'
import { expect } from 'vitest'
import { NOW_MS } from './auth-request.ts'

export const NOW_S = String(NOW_MS / 1_000)

/** A webhook with this body and these headers, whatever their case. */
export function webhookOf(
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): UnverifiedWebhook {
  return {
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    query: new URLSearchParams(),
    body: Buffer.from(body),
  }
}

export async function verdictOf(
  verifier: Verifier,
  webhook: UnverifiedWebhook,
  nowMs: number = NOW_MS,
): Promise<Verdict> {
  return verifier.verify(webhook, nowMs)
}

/** Whatever single byte of the body, or character of what is signed or signs, is another one: it is refused. */
export async function expectEveryByteCounts(
  verifier: Verifier,
  webhook: UnverifiedWebhook,
  signedHeaders: readonly string[],
  nowMs: number = NOW_MS,
): Promise<void> {
  expect(await verdictOf(verifier, webhook, nowMs)).toMatchObject({ kind: 'genuine' })
  const places = [
    ...Array.from(webhook.body, (_, index) => ({ header: undefined, index })),
    ...signedHeaders
      .map((name) => name.toLowerCase())
      .flatMap((header) =>
        Array.from({ length: (webhook.headers[header] ?? '').length }, (_, index) => ({ header, index })),
      ),
  ]
  const change = fc.tuple(fc.constantFrom(...places), fc.integer({ min: 1, max: 127 }))
  await fc.assert(
    fc.asyncProperty(change, async ([{ header, index }, flip]) => {
      const changed =
        header === undefined
          ? { ...webhook, body: withByte(webhook.body, index, flip) }
          : {
              ...webhook,
              headers: { ...webhook.headers, [header]: withCharacter(webhook.headers[header], index, flip) },
            }
      // Upper-case hex is the same number.
      fc.pre(header === undefined || !sameButForCase(changed.headers[header], webhook.headers[header]))
      expect(await verdictOf(verifier, changed, nowMs)).toMatchObject({ kind: 'refused' })
    }),
    { numRuns: 300 },
  )
}

function withByte(bytes: Uint8Array, index: number, flip: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed[index] = (changed[index] ?? 0) ^ flip
  return changed
}

function withCharacter(text = '', index: number, flip: number): string {
  return Buffer.from(withByte(Buffer.from(text, 'latin1'), index, flip)).toString('latin1')
}

function sameButForCase(one = '', other = ''): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
