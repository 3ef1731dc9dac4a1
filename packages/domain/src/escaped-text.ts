/**
 * What a text says once the escapes of JSON and HTML in it are undone, and where in the text it says it.
 *
 * Which characters are escaped is the writer's choice: JavaScript escapes quotes and line ends, PHP `/` too, Go `&`, Python what
 * is not ASCII, .NET `+`. Undoing all of them costs one pass, however many there are.
 */

export type Unescaped = {
  readonly text: string
  /** From a place in it to the place in the text that it comes from. */
  readonly placeOf: (index: number) => number
}

/** Each undone by itself: what is an escape in one may be as it is meant in the other. */
const ESCAPES = {
  json: /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g,
  html: /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
}

const MARKS = { json: '\\', html: '&' }

export const ESCAPINGS = ['json', 'html'] as const

/** What a cut leaves of an escape, or of a character of several bytes. */
const HALF_ESCAPE = /(?:\\(?:u[0-9a-f]{0,3})?|&[#0-9a-z]{0,8}|\uFFFD{1,3})$/i
const LONGEST_ESCAPE = 10

type Group = string | undefined

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Such as JavaScript does not write in JSON: it escapes quotes, backslashes and control characters alone. */
const UNUSUAL_ESCAPE = /\\\/|\\u(?!00[01])|&(?:#|amp;|lt;|gt;|quot;|apos;)/i

/** Whether a text may say something that it does not show, and that no form of JavaScript's own JSON shows. */
export function hasUnusualEscapes(text: string): boolean {
  return UNUSUAL_ESCAPE.test(text)
}

/** Undoes one layer: JSON in JSON has two. `undefined` when there is nothing to undo. */
export function undoEscapes(text: string, escaping: (typeof ESCAPINGS)[number]): Unescaped | undefined {
  if (!text.includes(MARKS[escaping])) return undefined
  // Behind each escape: where that is in the result, and how much further in the text.
  const ends: number[] = []
  const shifts: number[] = []
  let shift = 0
  const note = (whole: string, character: string, at: number): string => {
    ends.push(at - shift + character.length)
    shift += whole.length - character.length
    shifts.push(shift)
    return character
  }
  const unescaped =
    escaping === 'json'
      ? text.replace(ESCAPES.json, (whole: string, hex: Group, letter: Group, at: number) =>
          note(whole, jsonCharacter(hex, letter), at),
        )
      : text.replace(ESCAPES.html, (whole: string, hex: Group, decimal: Group, entity: Group, at: number) =>
          note(whole, htmlCharacter(hex, decimal, entity), at),
        )
  if (ends.length === 0) return undefined
  return { text: unescaped, placeOf: (index) => index + (shifts[lastUpTo(ends, index)] ?? 0) }
}

/** How long the rest of an escape, or of a character, is that a text ends with because it was cut there. */
export function halfEscapeAtEnd(text: string): number {
  return HALF_ESCAPE.exec(text.slice(-LONGEST_ESCAPE))?.[0].length ?? 0
}

function jsonCharacter(hex: Group, letter: Group): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
  return LETTERS[letter ?? ''] ?? letter ?? ''
}

function htmlCharacter(hex: Group, decimal: Group, entity: Group): string {
  if (entity !== undefined) return ENTITIES[entity.toLowerCase()] ?? ''
  return fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
}

function fromCodePoint(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : '\uFFFD'
}

/** The index of the last number that is no greater; -1 when all are. */
function lastUpTo(ascending: readonly number[], limit: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? Infinity) <= limit) low = middle + 1
    else high = middle
  }
  return low - 1
}
