import type { Auth, AuthContext } from '@manifold/domain'
import * as oauth from 'oauth4webapi'
import type { Secret } from '../secret.ts'
import { createTokenCache, type Token, type TokenCache } from './token-cache.ts'
import { tokenOf, tokenRequestOptions } from './token-endpoint.ts'

export type OAuth2ClientCredentialsOptions = {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scope?: string
  readonly audience?: string
  /** How the client shows itself to the token endpoint. Default `basic`. */
  readonly clientAuthentication?: 'basic' | 'post'
}

/**
 * OAuth 2.0 client credentials (RFC 6749, section 4.4): a bearer token that is cached across deliveries, renewed
 * before it expires, by one delivery at a time, and once more after a 401.
 */
export function oauth2ClientCredentials(options: OAuth2ClientCredentialsOptions): Auth {
  const { clientSecret } = options
  // The fetch of whoever asks first gets the token for all that wait.
  let context: AuthContext | undefined
  const cache: TokenCache = createTokenCache(() => {
    if (context === undefined) throw new Error('no request is under way')
    return requestToken(options, context)
  })
  return {
    kind: 'oauth2-client-credentials',
    secrets: [clientSecret],
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

async function requestToken(options: OAuth2ClientCredentialsOptions, context: AuthContext): Promise<Token> {
  const { tokenUrl, clientId, clientSecret, scope, audience } = options
  const server: oauth.AuthorizationServer = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl }
  const client: oauth.Client = { client_id: clientId }
  const authentication =
    options.clientAuthentication === 'post'
      ? oauth.ClientSecretPost(clientSecret.reveal())
      : oauth.ClientSecretBasic(clientSecret.reveal())
  const parameters = new URLSearchParams()
  if (scope !== undefined) parameters.set('scope', scope)
  if (audience !== undefined) parameters.set('audience', audience)
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    authentication,
    parameters,
    tokenRequestOptions(context, tokenUrl),
  )
  return tokenOf(await oauth.processClientCredentialsResponse(server, client, response), context.nowMs)
}
