/** What the OAuth builders share: asking a token endpoint under the attempt's own rules, and reading its answer. */
import type { AuthContext } from '@manifold/domain'
import * as oauth from 'oauth4webapi'
import type { Token } from './token-cache.ts'

/** A token whose answer does not say how long it lives is used for this long. */
const DEFAULT_LIFE_S = 300

export function tokenRequestOptions(
  context: AuthContext,
  tokenUrl: string,
): oauth.TokenEndpointRequestOptions {
  return {
    // Deadline, network rules and size limit are those of every other request.
    [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<string, URLSearchParams>) =>
      context.fetch(url, { method: init.method, headers: init.headers, body: init.body.toString() }),
    // An http token endpoint is the config's own choice, as an http target is.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to make it stand out
    [oauth.allowInsecureRequests]: tokenUrl.startsWith('http:'),
  }
}

export function tokenOf(answer: oauth.TokenEndpointResponse, nowMs: number): Token {
  return { value: answer.access_token, expiresAtMs: nowMs + (answer.expires_in ?? DEFAULT_LIFE_S) * 1_000 }
}
