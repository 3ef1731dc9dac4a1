/** Who calls: what is known of a caller once it has shown a key or a token, and how one that has not is told. */
import { ANONYMOUS, SCOPES, type Scope } from '@manifold/config'
import { compileTypePattern } from '@manifold/domain'

export type Caller = {
  /** A key's name, or `jwt:` and a token's subject; the names of keys have no colon. */
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  /** Whether it may publish and read events of a type; `undefined`: of any. */
  readonly mayUse?: TypeTest | undefined
  /** When it is to be told that its token has expired. */
  readonly expiresAtMs?: number | undefined
  /** Aborts when its key is no longer in the settings, or is another one there. */
  readonly withdrawn?: AbortSignal | undefined
}

export type TypeTest = (type: string) => boolean

export type CallerReading =
  | { readonly kind: 'caller'; readonly caller: Caller }
  /** @param detail says nothing that is secret; `invalid`: something was shown, and it is no good */
  | { readonly kind: 'unauthenticated'; readonly detail: string; readonly invalid: boolean }
  /** Whoever could say whether a token is genuine is away. */
  | { readonly kind: 'unknown' }

/** Who presents this `Authorization` header. At once for keys. */
export type IdentifyCaller = (authorization: string | undefined) => CallerReading | Promise<CallerReading>

export const ANYBODY = {
  kind: 'caller',
  caller: { name: ANONYMOUS, scopes: new Set(SCOPES) },
} as const satisfies CallerReading

/** How a caller is told to show who it is (RFC 6750, section 3). */
export function challengeOf({ detail, invalid }: { detail: string; invalid: boolean }) {
  const error = invalid ? `, error="invalid_token", error_description="${detail}"` : ''
  return { 'www-authenticate': `Bearer realm="manifold"${error}` }
}

/** What a missing scope is answered with. */
export function lacks(caller: Caller, scope: Scope): string {
  return `${whatIsShown(caller)} lacks the scope ${scope}`
}

/** What a caller has shown, in words. */
export function whatIsShown({ name, expiresAtMs }: Caller): string {
  return `${expiresAtMs === undefined ? 'the key' : 'the token of'} ${name}`
}

/** A test for any of some well-formed patterns. */
export function typeTest(patterns: readonly string[]): TypeTest {
  const tests = patterns.map(compileTypePattern)
  return (type) => tests.some((takes) => takes(type))
}

/** Whether what it has shown may come to an end while it is here. */
export function canEnd({ expiresAtMs, withdrawn }: Caller): boolean {
  return expiresAtMs !== undefined || withdrawn !== undefined
}

/** Whether its token has expired, or its key was withdrawn, meanwhile. */
export function hasEnded({ expiresAtMs, withdrawn }: Caller): boolean {
  return withdrawn?.aborted === true || (expiresAtMs !== undefined && expiresAtMs <= Date.now())
}

/** How it is told so. */
export function whyEnded({ withdrawn }: Caller): string {
  return withdrawn?.aborted === true ? 'the key was withdrawn' : 'the token has expired'
}

/** The longest time a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Calls back once a caller's token expires, or its key is withdrawn; at once where it was before.
 * @returns what to call when nobody wants to know any more
 */
export function onceEnded({ expiresAtMs, withdrawn }: Caller, end: () => void): () => void {
  if (withdrawn?.aborted === true) end()
  else withdrawn?.addEventListener('abort', end, { once: true })
  let timer: NodeJS.Timeout | undefined
  if (expiresAtMs !== undefined) {
    const look = () => {
      const leftMs = expiresAtMs - Date.now()
      if (leftMs <= 0) end()
      else timer = setTimeout(look, Math.min(leftMs, MAX_TIMER_MS))
    }
    timer = setTimeout(look, Math.min(Math.max(0, expiresAtMs - Date.now()), MAX_TIMER_MS))
  }
  return () => {
    withdrawn?.removeEventListener('abort', end)
    clearTimeout(timer)
  }
}
