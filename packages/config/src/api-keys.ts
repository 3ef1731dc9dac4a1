/**
 * API keys: who may call the producer, and for what. Only SHA-256 hashes are kept, so that neither the settings
 * nor a dump of the process gives a key away. (A key is 256 random bits: a slow hash would add nothing.)
 *
 * Written `name:scope+scope:sha256-hex`, or `name:scope+scope:sha256-hex:pattern+pattern` for one that may publish and
 * read events of some types only; separated by white space or commas.
 */
import { createHash, randomBytes } from 'node:crypto'
import { typePatternError } from '@manifold/domain'

export type Scope = 'publish' | 'read' | 'admin'

export const SCOPES: readonly Scope[] = ['publish', 'read', 'admin']

export type ApiKey = {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  readonly hash: Buffer
  /** Patterns of the types it may publish and read; `undefined`: all of them. */
  readonly types?: readonly string[]
}

/** The caller's name where neither keys nor tokens are configured. */
export const ANONYMOUS = 'anonymous'

/** Names of callers who have shown no key: no key may have one. The audit trail calls `unknown` whom nobody recognised. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([ANONYMOUS, 'unknown'])

const ENTRY = /^(?<name>[A-Za-z0-9._-]{1,64}):(?<scopes>[a-z+]+):(?<hash>[0-9a-f]{64})(:(?<types>[^:]*))?$/

/**
 * Reads `MANIFOLD_API_KEYS`. Mistakes are values; a message never repeats a hash. No entry at all is a mistake, too: whoever
 * wants no keys sets none, and nobody is made an operator by a template that came out blank.
 */
export function parseApiKeys(text: string): { keys: ApiKey[]; errors: string[] } {
  const keys: ApiKey[] = []
  const errors: string[] = []
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  if (entries.length === 0) errors.push('there is not one entry: unset it where no keys are wanted')
  for (const [index, entry] of entries.entries()) {
    const where = `entry ${String(index + 1)}`
    const groups = ENTRY.exec(entry)?.groups
    if (groups?.['name'] === undefined || groups['scopes'] === undefined || groups['hash'] === undefined) {
      errors.push(
        `${where}: write name:scope+scope:sha256-hex; make one with "npm run manifold -- keys create"`,
      )
      continue
    }
    const name = groups['name']
    const scopes = groups['scopes'].split('+')
    const unknown = scopes.filter((scope) => !isScope(scope))
    if (unknown.length > 0)
      errors.push(`${where}: unknown scope ${unknown.join(', ')}; known: ${SCOPES.join(', ')}`)
    if (RESERVED_NAMES.has(name)) errors.push(`${where}: the name ${name} is of callers who show no key`)
    if (keys.some((key) => key.name === name)) errors.push(`${where}: the name ${name} is used twice`)
    const hash = Buffer.from(groups['hash'], 'hex')
    const same = keys.find((key) => key.name !== name && key.hash.equals(hash))
    if (same !== undefined)
      errors.push(`${where}: its key is that of ${same.name}: each caller has one of its own`)
    const types = groups['types']?.split('+')
    for (const pattern of types ?? []) {
      const mistake = typePatternError(pattern)
      if (mistake !== undefined) errors.push(`${where}: ${mistake}`)
    }
    keys.push({
      name,
      scopes: new Set(scopes.filter(isScope)),
      hash,
      ...(types === undefined ? {} : { types }),
    })
  }
  return { keys, errors }
}

/**
 * Makes a key. The key is shown once; the entry is what the settings keep.
 * @param types well-formed patterns of the types it may publish and read; all of them without it
 */
export function createApiKey(
  name: string,
  scopes: readonly Scope[],
  types: readonly string[] = [],
): { key: string; entry: string } {
  const key = `mk_${randomBytes(32).toString('base64url')}`
  const parts = [name, scopes.join('+'), hashApiKey(key).toString('hex')]
  return { key, entry: [...parts, ...(types.length === 0 ? [] : [types.join('+')])].join(':') }
}

/** SHA-256 of a key. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Whether a word is a scope. */
export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text)
}
