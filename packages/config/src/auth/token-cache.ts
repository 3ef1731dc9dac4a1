/**
 * One token for all deliveries: fetched once, renewed before it expires, and by one of them at a time.
 */

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
  let present: Token | undefined
  let fetching: Promise<Token> | undefined

  const renew = (): Promise<Token> => {
    fetching ??= fetchToken().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  return {
    get: async (nowMs, rejected) => {
      const usable = present !== undefined && present.value !== rejected && nowMs < earlyEnd(present, nowMs)
      if (!usable) present = await renew()
      return present?.value ?? ''
    },
  }
}

/** A token that lives shorter than the margin is used for half of what is left. */
function earlyEnd(token: Token, nowMs: number): number {
  const leftMs = token.expiresAtMs - nowMs
  return leftMs > 2 * EARLY_MS
    ? token.expiresAtMs - EARLY_MS
    : token.expiresAtMs - Math.min(EARLY_MS, leftMs / 2)
}
