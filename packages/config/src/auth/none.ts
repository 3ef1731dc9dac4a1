import type { Auth } from '@manifold/domain'

/** No authentication: the request goes out as it was rendered. */
export function none(): Auth {
  return { kind: 'none', secrets: [], authenticate: (request) => request }
}
