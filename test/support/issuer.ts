/** An issuer of tokens with a key set of its own, over HTTP. */
import { OAuth2Server } from 'oauth2-mock-server'

export const AUDIENCE = 'https://manifold.example'

export type Issuer = {
  /** What a producer needs to take its tokens. */
  readonly environment: Readonly<Record<string, string>>
  /** Signs a token for `sub` shop with everything right, but for what is given. */
  readonly sign: (claims?: Readonly<Record<string, unknown>>) => Promise<string>
  /** Answers no more. */
  readonly goAway: () => Promise<void>
  readonly comeBack: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function startIssuer(): Promise<Issuer> {
  const server = new OAuth2Server()
  const { kid } = await server.issuer.keys.generate('RS256')
  await server.start(0, '127.0.0.1')
  const { port } = server.address()
  // Its own word is "localhost", which may be ::1.
  const url = `http://127.0.0.1:${String(port)}`
  server.issuer.url = url
  return {
    environment: {
      MANIFOLD_JWT_JWKS_URL: `${url}/jwks`,
      MANIFOLD_JWT_ISSUER: url,
      MANIFOLD_JWT_AUDIENCE: AUDIENCE,
    },
    sign: (claims = {}) =>
      server.issuer.buildToken({
        kid,
        scopesOrTransform: (_header, payload) => {
          Object.assign(payload, { sub: 'shop', aud: AUDIENCE, scope: 'publish read' }, claims)
        },
      }),
    goAway: async () => {
      await server.stop()
      // It forgets its name, which it signs with.
      server.issuer.url = url
    },
    comeBack: async () => {
      await server.start(port, '127.0.0.1')
      server.issuer.url = url
    },
    close: async () => {
      if (server.listening) await server.stop()
    },
  }
}
