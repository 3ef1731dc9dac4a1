/**
 * The public keys that tokens are checked with (a JSON Web Key Set), from the issuer's address or a file.
 *
 * Owns how they stay fresh: a key that is not known yet is looked for, but not more often than every `COOL_DOWN_MS`; a set
 * that is older than `REFRESH_MS` is read again before a token is judged by it, so that a key that was withdrawn opens nothing
 * more, also where tokens come seldom. When it cannot be had, the keys of before stay good, and it is asked for behind requests.
 */
import { readFile } from 'node:fs/promises'
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'

export type TokenKeys = {
  /** @throws {TokenKeysAway} when it takes a key that cannot be looked for now */
  readonly get: JWTVerifyGetKey
  /** Reads them. @throws what is wrong */
  readonly load: () => Promise<void>
}

/** The issuer cannot be asked: nobody knows whether a token is genuine. */
export class TokenKeysAway extends Error {
  override readonly name = 'TokenKeysAway'
}

export type TokenKeysOptions = {
  readonly coolDownMs?: number
  readonly refreshMs?: number
  /** Told once an outage. */
  readonly onAway: (error: unknown) => void
}

const COOL_DOWN_MS = 10_000
const REFRESH_MS = 300_000
/** A caller waits for it, with the work around it at most two seconds. */
const TIMEOUT_MS = 1_500
/** After a failure the issuer is left in peace for a moment. */
const AFTER_FAILURE_MS = 1_000

export function createTokenKeys(url: URL, options: TokenKeysOptions): TokenKeys {
  const { coolDownMs = COOL_DOWN_MS, refreshMs = REFRESH_MS, onAway } = options
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    // When they are read is decided here, so that an issuer that is away takes nothing from those whose key is known.
    cooldownDuration: Infinity,
    cacheMaxAge: Infinity,
    ...(url.protocol === 'file:'
      ? { [customFetch]: async () => new Response(await readFile(url, 'utf8')) }
      : {}),
  })
  let triedAtMs = 0
  let loadedAtMs: number | undefined
  let failedAtMs: number | undefined

  const load = async () => {
    triedAtMs = Date.now()
    try {
      await remote.reload()
      loadedAtMs = Date.now()
      failedAtMs = undefined
    } catch (error) {
      if (failedAtMs === undefined) onAway(error)
      failedAtMs = Date.now()
      throw error
    }
  }
  let refreshing: Promise<void> | undefined
  // All who come meanwhile wait for the same: none of them is judged by what is too old.
  const refresh = () =>
    (refreshing ??= load()
      .catch(() => undefined)
      .finally(() => {
        refreshing = undefined
      }))
  const loadOrAway = async () => {
    if (failedAtMs !== undefined && Date.now() - failedAtMs < AFTER_FAILURE_MS) throw new TokenKeysAway()
    await load().catch((error: unknown) => {
      throw new TokenKeysAway('the keys cannot be had', { cause: error })
    })
  }

  return {
    load,
    get: async (header, token) => {
      if (loadedAtMs === undefined) await loadOrAway()
      else if (Date.now() - loadedAtMs > refreshMs) {
        if (failedAtMs === undefined) await refresh()
        // It is away: who knows a key waits for nobody.
        else if (Date.now() - triedAtMs > coolDownMs) void refresh()
      }
      try {
        return await remote(header, token)
      } catch (error) {
        const isOld = loadedAtMs === undefined || Date.now() - loadedAtMs >= coolDownMs
        if (!(error instanceof errors.JWKSNoMatchingKey) || !isOld) throw error
        await loadOrAway()
        return remote(header, token)
      }
    },
  }
}
