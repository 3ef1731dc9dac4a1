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
      // Added as text: what else is in the query stays as it was written.
      const parameter = `${encodeURIComponent(place.query)}=${encodeURIComponent(key.reveal())}`
      const url = new URL(request.url)
      const others = url.search
        .slice(1)
        .split('&')
        .filter((part) => part !== '' && nameOf(part) !== place.query)
      url.search = [...others, parameter].join('&')
      return { ...request, url: url.href }
    },
  }
}

function nameOf(part: string): string | undefined {
  return [...new URLSearchParams(part).keys()][0]
}
