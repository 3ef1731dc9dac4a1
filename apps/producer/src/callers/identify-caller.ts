/**
 * From an `Authorization` header to a caller: a key's hash first, and then, where tokens are taken, a token.
 *
 * Owns the keys that are in force, and the end of what callers have open when theirs is withdrawn.
 */
import { timingSafeEqual } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { hashApiKey, type ApiKey } from '@manifold/config'
import { ANYBODY, typeTest, type Caller, type CallerReading, type IdentifyCaller } from './caller.ts'

/** Reads a token; tokens.ts. */
export type ReadToken = (token: string) => Promise<CallerReading>

/** Three parts, as every signed token has. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/

const UNKNOWN_KEY: CallerReading = { kind: 'unauthenticated', detail: 'the key is not known', invalid: true }

const NOTHING_SHOWN: CallerReading = {
  kind: 'unauthenticated',
  detail: 'there is no Authorization: Bearer header',
  invalid: false,
}

/** What became of keys, by their names: nothing of them is secret. */
export type KeyChanges = {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export type CallerIdentifier = {
  readonly identify: IdentifyCaller
  /** From now on these are the keys. Callers whose key is as it was stay who they are; the others' callers have ended. */
  readonly replaceKeys: (keys: readonly ApiKey[]) => KeyChanges
}

type KnownKey = {
  readonly key: ApiKey
  readonly reading: Extract<CallerReading, { kind: 'caller' }>
  readonly withdraw: () => void
}

/** Without keys and tokens everybody may do everything, for good; the producer then listens on loopback only (settings). */
export function createCallerIdentifier(
  keys: readonly ApiKey[],
  readToken: ReadToken | undefined,
): CallerIdentifier {
  if (keys.length === 0 && readToken === undefined)
    return { identify: () => ANYBODY, replaceKeys: () => ({ added: [], removed: [], changed: [] }) }
  let known = keys.map(knownKey)
  return {
    identify: (authorization) => {
      const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
      if (presented === undefined) return NOTHING_SHOWN
      const hash = hashApiKey(presented)
      // Compared in constant time: how long it takes tells nothing of the hashes.
      const found = known.find(({ key }) => timingSafeEqual(key.hash, hash))
      if (found !== undefined) return found.reading
      return readToken !== undefined && TOKEN.test(presented) ? readToken(presented) : UNKNOWN_KEY
    },
    replaceKeys: (next) => {
      const before = new Map(known.map((one) => [one.key.name, one]))
      const kept = new Set<KnownKey>()
      known = next.map((key) => {
        const old = before.get(key.name)
        if (old === undefined || looksOf(old.key) !== looksOf(key)) return knownKey(key)
        kept.add(old)
        return old
      })
      for (const one of before.values()) if (!kept.has(one)) one.withdraw()
      const names = new Set(next.map(({ name }) => name))
      return {
        added: [...names].filter((name) => !before.has(name)),
        removed: [...before.keys()].filter((name) => !names.has(name)),
        changed: [...before.values()]
          .filter((one) => names.has(one.key.name) && !kept.has(one))
          .map(({ key }) => key.name),
      }
    },
  }
}

function knownKey(key: ApiKey): KnownKey {
  const { name, scopes, types } = key
  const withdrawal = new AbortController()
  const withdrawn = withdrawal.signal
  // Of every stream that the key has open.
  setMaxListeners(0, withdrawn)
  const caller: Caller = {
    name,
    scopes,
    withdrawn,
    ...(types === undefined ? {} : { mayUse: typeTest(types) }),
  }
  return {
    key,
    reading: { kind: 'caller', caller },
    withdraw: () => {
      withdrawal.abort()
    },
  }
}

/** All that an entry says. */
function looksOf({ scopes, hash, types }: ApiKey): string {
  return JSON.stringify([[...scopes].sort(), hash.toString('hex'), types])
}
