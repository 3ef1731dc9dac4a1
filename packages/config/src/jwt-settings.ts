/**
 * JSON Web Tokens as proof of who calls: `MANIFOLD_JWT_…`. Who signs them, for whom, and how.
 *
 * Only asymmetric algorithms: with a shared secret, who can check a token can make one, and `none` proves nothing.
 */
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { isLoopbackHost } from './loopback.ts'

export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

export type JwtSettings = {
  /** Where the issuer's public keys are: an https (or loopback) or a file URL. */
  readonly keys: URL
  readonly issuer: string
  /** One of them must be the token's. */
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  /** The claim that holds type patterns, if a token has it. */
  readonly typesClaim: string
}

/** An address, or the path of a file. */
const keysUrl = z.string().transform((text, context) => {
  if (/^(\/|\.{1,2}\/)/.test(text)) return pathToFileURL(text)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))) return url
  context.addIssue('use https://…, http:// on loopback, or the path of a file: /… or ./…')
  return z.NEVER
})

const words = z.string().transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''))

export const jwtVariables = {
  MANIFOLD_JWT_JWKS_URL: keysUrl.optional(),
  MANIFOLD_JWT_ISSUER: z.string().min(1).optional(),
  MANIFOLD_JWT_AUDIENCE: words.pipe(z.array(z.string()).min(1)).optional(),
  MANIFOLD_JWT_ALGORITHMS: words.pipe(z.array(z.enum(JWT_ALGORITHMS)).min(1)).optional(),
  MANIFOLD_JWT_TYPES_CLAIM: z.string().min(1).default('manifold_types'),
} as const

/** `undefined` when there is no `MANIFOLD_JWT_JWKS_URL`. A token without an issuer and an audience is anybody's. */
export function readJwtSettings(env: z.output<z.ZodObject<typeof jwtVariables>>): {
  jwt: JwtSettings | undefined
  errors: string[]
} {
  const keys = env.MANIFOLD_JWT_JWKS_URL
  const issuer = env.MANIFOLD_JWT_ISSUER
  const audiences = env.MANIFOLD_JWT_AUDIENCE
  if (keys === undefined) {
    const isAlone = issuer !== undefined || audiences !== undefined
    return { jwt: undefined, errors: isAlone ? ['MANIFOLD_JWT_JWKS_URL: set it, too'] : [] }
  }
  const errors: string[] = []
  if (issuer === undefined) errors.push('MANIFOLD_JWT_ISSUER: set it: a token must say who made it')
  if (audiences === undefined) errors.push('MANIFOLD_JWT_AUDIENCE: set it: a token must say whom it is for')
  if (issuer === undefined || audiences === undefined) return { jwt: undefined, errors }
  const algorithms = env.MANIFOLD_JWT_ALGORITHMS ?? JWT_ALGORITHMS
  return {
    jwt: { keys, issuer, audiences, algorithms, typesClaim: env.MANIFOLD_JWT_TYPES_CLAIM },
    errors,
  }
}
