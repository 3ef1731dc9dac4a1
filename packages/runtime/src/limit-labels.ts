/** Labels whose values others invent: so many of them are kept apart, and the rest is counted together. */

/** Beyond this a metric costs more than it tells. */
const MAX_VALUES = 100

/** No id or message is meant to be a label. */
const MAX_LENGTH = 100

const OTHER = 'other'

/** Gives the value to count under: the first ones as they are, those that come later as `other`. */
export function limitLabels(max = MAX_VALUES): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= max || value.length > MAX_LENGTH) return OTHER
    known.add(value)
    return value
  }
}
