/**
 * One token for all deliveries: fetched once, renewed before it expires, and by one of them at a time.
 */
import { noteToken } from '../revealed-secrets.ts'

export type Token = { readonly value: string; readonly expiresAtMs: number }

/** How long before its end a token is renewed: a request may be under way for a while. */
const EARLY_MS = 30_000

export type TokenCache = {
  /**
   * The present token, or a new one.
   * @param rejected the token the API did not take: if it is still the present one, it is replaced
   */
  readonly get: (nowMs: number, rejected: string | undefined) => Promise<string>
}

/** @param fetchToken gets a new token; its failure is the failure of everyone who waits for it */
export function createTokenCache(fetchToken: () => Promise<Token>): TokenCache {
  let present: (Token & { readonly renewAtMs: number }) | undefined
  let fetching: Promise<void> | undefined

  const renew = (nowMs: number): Promise<void> => {
    fetching ??= fetchToken()
      .then((token) => {
        noteToken(token.value)
        present = { ...token, renewAtMs: renewalTime(token, nowMs) }
      })
      .finally(() => {
        fetching = undefined
      })
    return fetching
  }

  return {
    get: async (nowMs, rejected) => {
      if (present === undefined || present.value === rejected || nowMs >= present.renewAtMs)
        await renew(nowMs)
      return present?.value ?? ''
    },
  }
}

/** A token that lives shorter than twice the margin is renewed at half of its life. */
function renewalTime(token: Token, nowMs: number): number {
  const lifeMs = token.expiresAtMs - nowMs
  return token.expiresAtMs - Math.min(EARLY_MS, lifeMs / 2)
}
