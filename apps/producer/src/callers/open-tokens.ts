/** Tokens of the configured issuer, ready to be read. Loads the code for it: a producer that takes no tokens does not. */
import { SettingsError, type JwtSettings } from '@manifold/config'
import type { Logger } from '@manifold/runtime'
import type { ReadToken } from './identify-caller.ts'
import { rememberTokens } from './remember-tokens.ts'

export type Tokens = {
  readonly readToken: ReadToken
  /** Reads the issuer's keys again, and judges every token anew. @throws what is wrong; the keys of before then stay good */
  readonly reload: () => Promise<void>
}

/** An issuer that is away holds nothing up. @throws {SettingsError} when a file holds no key set */
export async function openTokens(settings: JwtSettings, logger: Logger): Promise<Tokens> {
  const [{ createTokenKeys }, { tokenReader }] = await Promise.all([
    import('./token-keys.ts'),
    import('./tokens.ts'),
  ])
  const { href, protocol } = settings.keys
  const keys = createTokenKeys(settings.keys, {
    onAway: (error) => {
      logger.warn({ url: withoutQuery(href), err: error }, 'the keys of tokens cannot be had')
    },
  })
  if (protocol !== 'file:') keys.load().catch(() => undefined)
  else
    await keys.load().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new SettingsError([`MANIFOLD_JWT_JWKS_URL: the file is no JSON Web Key Set: ${why}`])
    })
  const { readToken, forget } = rememberTokens(tokenReader(settings, keys))
  return {
    readToken,
    // In this order: what is judged meanwhile is judged by the keys of before.
    reload: () => keys.load().finally(forget),
  }
}

/** Neither are credentials part of what is logged. */
function withoutQuery(href: string): string {
  const { origin, pathname } = new URL(href)
  return origin + pathname
}
