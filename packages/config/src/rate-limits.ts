/**
 * How often callers may ask: `MANIFOLD_RATE_LIMIT`.
 *
 * Written `1000/1s` for every caller, `name=50/1m` for one of them; separated by white space or commas. Without one for
 * every caller, only those that are named are limited.
 */

/** So many within so many seconds. */
export type RateLimit = { readonly max: number; readonly perSeconds: number }

export type RateLimits = {
  /** For those who have none of their own; `undefined`: they are not limited. */
  readonly everyone: RateLimit | undefined
  /** By the caller's name: a key's, or `jwt:` and the subject. */
  readonly own: ReadonlyMap<string, RateLimit>
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

const LIMIT = /^((?<name>.+)=)?(?<max>[1-9]\d{0,8})\/(?<count>[1-9]\d{0,4})(?<unit>[smhd])$/

/** Mistakes are values; no limit at all is one, as it would leave everybody unlimited. */
export function parseRateLimits(text: string): { limits: RateLimits; errors: string[] } {
  const own = new Map<string, RateLimit>()
  const errors: string[] = []
  let everyone: RateLimit | undefined
  const entries = text.split(/[\s,]+/).filter((one) => one !== '')
  if (entries.length === 0) errors.push('there is not one limit: unset it where none is wanted')
  for (const entry of entries) {
    const groups = LIMIT.exec(entry)?.groups
    const unit = groups?.['unit']
    if (groups === undefined || !isUnit(unit)) {
      errors.push(`"${entry}" is not a limit: write 1000/1s, or name=1000/1s, with s, m, h or d`)
      continue
    }
    const limit = { max: Number(groups['max']), perSeconds: Number(groups['count']) * SECONDS[unit] }
    const name = groups['name']
    if (name === undefined ? everyone !== undefined : own.has(name))
      errors.push(`${name ?? 'every caller'} has two limits`)
    if (name === undefined) everyone = limit
    else own.set(name, limit)
  }
  return { limits: { everyone, own }, errors }
}

function isUnit(text: string | undefined): text is keyof typeof SECONDS {
  return text !== undefined && text in SECONDS
}
