/**
 * Hides values that must not be seen in a text, in every form in which they are usually written.
 *
 * Pure: who knows the values hands them over. It finds what it was told of, and nothing else.
 */

export const HIDDEN = '[secret]'

/** Shorter ones stand everywhere: hiding them would make a text unreadable, and keep no secret. */
const SHORTEST_VALUE = 4

/** Gives a text in which none of the values stands any more. */
export type HideText = (text: string) => string

/** @param values as they are; what they look like in a URL, in JSON and in base64 is found as well */
export function hideValues(values: Iterable<string>): HideText {
  const forms = new Set<string>()
  for (const value of values) {
    if (value.length >= SHORTEST_VALUE) for (const form of formsOf(value)) forms.add(form)
  }
  if (forms.size === 0) return (text) => text
  // A longer one may hold a shorter one.
  const longestFirst = [...forms].sort((one, other) => other.length - one.length)
  const pattern = new RegExp(longestFirst.map(escapeForPattern).join('|'), 'gi')
  return (text) => text.replace(pattern, HIDDEN)
}

function formsOf(value: string): string[] {
  const inJson = JSON.stringify(value).slice(1, -1)
  const bytes = Buffer.from(value)
  return [
    value,
    inJson,
    // JSON in a field of a log line.
    JSON.stringify(inJson).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    new URLSearchParams([['', value]]).toString().slice(1),
    bytes.toString('base64'),
    // As it is written without padding, and as others begin that go on behind it.
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ].filter((form) => form.length >= SHORTEST_VALUE)
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}
