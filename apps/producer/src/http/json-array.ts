/** Takes a JSON array apart into the bytes of its items, so that each can be judged by itself. */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/**
 * The items of an array, each as it stands in the text.
 * @param text an array in valid JSON: what else it is has been found out by parsing it
 */
export function splitJsonArray(text: string): string[] {
  const items: string[] = []
  let depth = 0
  let from = text.indexOf('[') + 1
  const take = (to: number) => {
    const item = text.slice(from, to).trim()
    if (item !== '') items.push(item)
    from = to + 1
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (OPENING.has(code)) depth++
    else if (CLOSING.has(code)) {
      depth--
      if (depth === 0) take(at)
    } else if (code === COMMA && depth === 1) take(at)
  }
  return items
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  let end = start
  do {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
  } while (isEscaped(text, end))
  return end
}

/** An odd number of backslashes before a quote makes it part of the string. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}
