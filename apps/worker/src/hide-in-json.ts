/**
 * Hides secrets in an answer that is JSON, and keeps it JSON: however a target escapes its strings, they are searched as what
 * they say.
 */
import type { HideText } from '@manifold/domain'

/**
 * @param value of the `text`, no deeper than may be written again
 * @returns the value with what was hidden; text with it, where a secret is no string, but a number
 */
export function hideInJson(value: unknown, text: string, hide: HideText): unknown {
  const found = { any: false }
  const cleaned = mapStrings(value, (one) => {
    const hidden = hide(one)
    if (hidden !== one) found.any = true
    return hidden
  })
  const written = found.any ? JSON.stringify(cleaned) : text
  const hidden = hide(written)
  return hidden === written ? cleaned : hidden
}

/** Every string in it, names of fields too. */
function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: unknown) => mapStrings(item, map))
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [map(name), mapStrings(field, map)]))
}
