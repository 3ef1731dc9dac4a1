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

const ESCAPE =
  /\\(?:u([0-9a-f]{4})|(["\\/bfnrt]))|&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi

/** What a cut leaves of an escape, or of a character of several bytes. */
const HALF_ESCAPE = /(?:\\(?:u[0-9a-f]{0,3})?|&[#0-9a-z]{0,8}|\uFFFD{1,3})$/i
const LONGEST_ESCAPE = 10

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Undoes one layer: JSON in JSON has two. `undefined` when there is nothing to undo. */
export function undoEscapes(text: string): Unescaped | undefined {
  if (!text.includes('\\') && !text.includes('&')) return undefined
  // Behind each escape: where that is in the result, and how much further in the text.
  const ends: number[] = []
  const shifts: number[] = []
  let shift = 0
  const unescaped = text.replace(ESCAPE, (...match: [string, ...unknown[]]) => {
    const [whole, unicode, letter, decimal, hex, entity, at] = match as Match
    const character = characterOf(unicode, letter, decimal, hex, entity)
    const end = at - shift + character.length
    shift += whole.length - character.length
    ends.push(end)
    shifts.push(shift)
    return character
  })
  if (ends.length === 0) return undefined
  return { text: unescaped, placeOf: (index) => index + (shifts[lastUpTo(ends, index)] ?? 0) }
}

/** How long the rest of an escape, or of a character, is that a text ends with because it was cut there. */
export function halfEscapeAtEnd(text: string): number {
  return HALF_ESCAPE.exec(text.slice(-LONGEST_ESCAPE))?.[0].length ?? 0
}

type Group = string | undefined
type Match = [whole: string, Group, Group, Group, Group, Group, at: number]

function characterOf(unicode: Group, letter: Group, decimal: Group, hex: Group, entity: Group): string {
  if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16))
  if (letter !== undefined) return LETTERS[letter] ?? letter
  if (decimal !== undefined) return fromCodePoint(Number(decimal))
  if (hex !== undefined) return fromCodePoint(Number.parseInt(hex, 16))
  return ENTITIES[(entity ?? '').toLowerCase()] ?? ''
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
