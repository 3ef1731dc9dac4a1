/**
 * JSON Web Tokens (RFC 7519) as proof of who calls: from a signed token to a caller.
 *
 * Loaded only where tokens are configured. Scopes are in `scope` or `scp` (words, or a list) or `permissions` (a list), as
 * `manifold:publish` or as `publish`. What is wrong is told in fixed words: a token's own say nothing to anybody.
 */
import { isScope, type JwtSettings, type Scope } from '@manifold/config'
import { typePatternError } from '@manifold/domain'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { typeTest, type Caller, type CallerReading } from './caller.ts'
import type { ReadToken } from './identify-caller.ts'
import { TokenKeysAway, type TokenKeys } from './token-keys.ts'

/** Two clocks are seldom the same. */
const CLOCK_TOLERANCE_S = 5

const PREFIX = 'manifold:'

/** As OpenID Connect has it; it is in every log line. */
const SUBJECT = /^[\x21-\x7e]{1,255}$/

/** Reads tokens of one issuer. */
export function tokenReader(settings: JwtSettings, keys: TokenKeys): ReadToken {
  const { issuer, audiences, algorithms, typesClaim } = settings
  const options = {
    issuer,
    audience: [...audiences],
    algorithms: [...algorithms],
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp', 'sub'],
  }
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys.get, options)
      return callerOf(payload, typesClaim)
    } catch (error) {
      if (error instanceof TokenKeysAway) return { kind: 'unknown' }
      if (error instanceof errors.JOSEError) return invalid(reasonOf(error))
      throw error
    }
  }
}

function callerOf(payload: JWTPayload, typesClaim: string): CallerReading {
  const { sub = '', exp = 0 } = payload
  if (!SUBJECT.test(sub)) return invalid('the subject of the token is not one of 1 to 255 characters')
  const types = payload[typesClaim]
  const patterns = types === undefined ? undefined : wordsOf(types)
  if (patterns?.some((pattern) => typePatternError(pattern) !== undefined) === true)
    return invalid('the types in the token are not type patterns')
  const caller: Caller = {
    name: `jwt:${sub}`,
    scopes: scopesOf(payload),
    expiresAtMs: (exp + CLOCK_TOLERANCE_S) * 1_000,
    ...(patterns === undefined ? {} : { mayUse: typeTest(patterns) }),
  }
  return { kind: 'caller', caller }
}

function scopesOf({ scope, scp, permissions }: JWTPayload): ReadonlySet<Scope> {
  const words = [scope, scp, permissions].flatMap(wordsOf)
  return new Set(
    words.map((word) => (word.startsWith(PREFIX) ? word.slice(PREFIX.length) : word)).filter(isScope),
  )
}

/** Words of a text, or of a list; of anything else one that is no good as a word. */
function wordsOf(claim: unknown): string[] {
  if (claim === undefined) return []
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '')
  return Array.isArray(claim) ? claim.map((one) => (typeof one === 'string' ? one : '')) : ['']
}

function invalid(detail: string): CallerReading {
  return { kind: 'unauthenticated', detail, invalid: true }
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error)
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return 'the token is signed in a way that is not taken here'
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return 'the token is not signed with a key of the issuer'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature of the token is wrong'
  return 'the token is malformed'
}

function claimReason({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `the token lacks ${claim}`
  switch (claim) {
    case 'nbf':
      return 'the token is not valid yet'
    case 'aud':
      return 'the token is for another audience'
    case 'iss':
      return 'the token is from another issuer'
    default:
      return `the claim ${claim} of the token is wrong`
  }
}
