/** From an `Authorization` header to a caller: a key's hash first, and then, where tokens are taken, a token. */
import { timingSafeEqual } from 'node:crypto'
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

/** Without keys and tokens everybody may do everything; the producer then listens on loopback only (settings). */
export function callerIdentifier(keys: readonly ApiKey[], readToken: ReadToken | undefined): IdentifyCaller {
  if (keys.length === 0 && readToken === undefined) return () => ANYBODY
  const known = keys.map((key) => ({
    hash: key.hash,
    reading: { kind: 'caller', caller: callerOfKey(key) } satisfies CallerReading,
  }))
  return (authorization) => {
    const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (presented === undefined) return NOTHING_SHOWN
    const hash = hashApiKey(presented)
    // Compared in constant time: how long it takes tells nothing of the hashes.
    const key = known.find((one) => timingSafeEqual(one.hash, hash))
    if (key !== undefined) return key.reading
    return readToken !== undefined && TOKEN.test(presented) ? readToken(presented) : UNKNOWN_KEY
  }
}

function callerOfKey({ name, scopes, types }: ApiKey): Caller {
  return types === undefined ? { name, scopes } : { name, scopes, mayUse: typeTest(types) }
}
