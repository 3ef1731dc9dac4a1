import { randomUUID } from 'node:crypto'
import type { Auth, AuthContext } from '@manifold/domain'
import * as oauth from 'oauth4webapi'
import { noteToken } from '../revealed-secrets.ts'
import type { Secret } from '../secret.ts'
import { createTokenCache, type Token } from './token-cache.ts'
import { tokenOf, tokenRequestOptions } from './token-endpoint.ts'

export type JwtBearerOptions = {
  /** A private key, PKCS #8 PEM. */
  readonly privateKey: Secret
  /** `RS256`, `ES256`, `EdDSA` … */
  readonly algorithm: string
  readonly keyId?: string
  readonly issuer: string
  readonly subject?: string
  readonly audience: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** Default 300. */
  readonly expiresInS?: number
  /** Where the assertion is exchanged for an access token (RFC 7523, section 2.1). Without it the JWT itself is the bearer token. */
  readonly tokenUrl?: string
  readonly scope?: string
}

/** A signed JWT as bearer token, or as the assertion that gets one. Cached and renewed like any token. */
export function jwtBearer(options: JwtBearerOptions): Auth {
  let context: AuthContext | undefined
  const cache = createTokenCache(async () => {
    const asking = context
    if (asking === undefined) throw new Error('no request is under way')
    const assertion = await signAssertion(options, asking.nowMs)
    return options.tokenUrl === undefined
      ? assertion
      : exchange(options, options.tokenUrl, assertion.value, asking)
  })
  return {
    kind: 'jwt-bearer',
    secrets: [options.privateKey],
    renewable: true,
    authenticate: async (request, present) => {
      context = present
      const token = await cache.get(
        present.nowMs,
        present.rejected?.headers['authorization']?.slice('Bearer '.length),
      )
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }
    },
  }
}

async function signAssertion(options: JwtBearerOptions, nowMs: number): Promise<Token> {
  const { algorithm, keyId, issuer, subject, audience, claims = {}, expiresInS = 300 } = options
  // Only now: it is most of what loading this package would take, for the targets that have no use for it.
  const { importPKCS8, SignJWT } = await import('jose')
  const key = await importPKCS8(options.privateKey.reveal(), algorithm)
  const nowS = Math.floor(nowMs / 1_000)
  const jwt = new SignJWT({ ...claims })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(issuer)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + expiresInS)
  if (subject !== undefined) jwt.setSubject(subject)
  return { value: await jwt.sign(key), expiresAtMs: (nowS + expiresInS) * 1_000 }
}

async function exchange(
  options: JwtBearerOptions,
  tokenUrl: string,
  assertion: string,
  context: AuthContext,
): Promise<Token> {
  const server: oauth.AuthorizationServer = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl }
  const client: oauth.Client = { client_id: options.issuer }
  // Whoever refuses it may repeat it.
  noteToken(assertion)
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    oauth.None(),
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    { assertion, ...(options.scope === undefined ? {} : { scope: options.scope }) },
    tokenRequestOptions(context, tokenUrl),
  )
  return tokenOf(await oauth.processGenericTokenEndpointResponse(server, client, response), context.nowMs)
}
