import type { Auth } from '@manifold/domain'
import type { Secret } from '../secret.ts'

/** Where the key goes: a header, or a query parameter for APIs that take no other way. */
export type ApiKeyPlace = { readonly header: string } | { readonly query: string }

/** An API key as the target wants it. A key in the query may end in the target's logs: prefer a header. */
export function apiKey(place: ApiKeyPlace, key: Secret): Auth {
  return {
    kind: 'api-key',
    secrets: [key],
    authenticate: (request) => {
      if ('header' in place) {
        return { ...request, headers: { ...request.headers, [place.header.toLowerCase()]: key.reveal() } }
      }
      const url = new URL(request.url)
      url.searchParams.set(place.query, key.reveal())
      return { ...request, url: url.href }
    },
  }
}
