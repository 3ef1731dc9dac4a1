/** The shape of a source definition, checked strictly: an unknown key is a mistake, not a comment. */
import { fieldErrors, type FieldError, type Source, type Verifier } from '@manifold/domain'
import { z } from 'zod'

const PATH = /^[a-z0-9-]{1,64}(?:\/[a-z0-9-]{1,64}){0,2}$/

const verifier = z.custom<Verifier>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'verify' in value &&
    typeof value.verify === 'function' &&
    'secrets' in value &&
    Array.isArray(value.secrets),
  'must be made by a verifier such as githubSignature(secret("NAME"))',
)

const source = z.strictObject({
  path: z.string().regex(PATH, 'use 1 to 3 segments of a-z 0-9 -, such as github or shop/orders'),
  verify: verifier,
  toEvent: z.custom<Source['toEvent']>(
    (value) => typeof value === 'function',
    'must be a function: (request) => event',
  ),
  maxBodyBytes: z.int().min(1).max(104_857_600).optional(),
})

export type SourceReading =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'mistakes'; readonly errors: readonly FieldError[] }

/** Checks one source definition. */
export function readSource(raw: unknown, path: readonly PropertyKey[]): SourceReading {
  const parsed = source.safeParse(raw)
  if (!parsed.success) return { kind: 'mistakes', errors: fieldErrors(parsed.error, path) }
  return { kind: 'source', source: { ...parsed.data, maxBodyBytes: parsed.data.maxBodyBytes } }
}
