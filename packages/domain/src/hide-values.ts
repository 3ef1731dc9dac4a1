/**
 * Hides values that must not be seen in a text, in every form in which they are usually written.
 *
 * Pure: who knows the values hands them over. It finds what it was told of, and nothing else.
 */
import { ESCAPINGS, halfEscapeAtEnd, hasUnusualEscapes, undoEscapes } from './escaped-text.ts'

export const HIDDEN = '[secret]'

/** Shorter ones stand everywhere: hiding them would make a text unreadable, and keep no secret. */
const SHORTEST_VALUE = 4

/** A pattern takes no longer ones: they are looked for in pieces. */
const LONGEST_PIECE = 5_000

/** JSON in JSON in JSON. */
const MOST_LAYERS = 3

/**
 * Gives a text in which none of the values stands any more.
 * @param isCut the text went on where it ends now: what may be the beginning of a value there is hidden as well
 */
export type HideText = (text: string, isCut?: boolean) => string

/** From its first character to behind its last. */
type Span = readonly [from: number, to: number]

/**
 * @param values as they are; what they look like in a URL, in base64 and in hex is found as well, and all of it also where JSON
 * or HTML escapes it
 */
export function hideValues(values: Iterable<string>): HideText {
  const forms = new Set<string>()
  for (const value of values) {
    if (value.length < SHORTEST_VALUE) continue
    for (const form of formsOf(value)) for (const piece of piecesOf(form)) forms.add(piece)
  }
  if (forms.size === 0) return (text) => text
  // A longer one may hold a shorter one.
  const longestFirst = [...forms].sort((one, other) => other.length - one.length)
  const pattern = new RegExp(longestFirst.map(escapeForPattern).join('|'), 'gi')
  const wholeOnes = (text: string): Span[] => {
    const spans: Span[] = []
    text.replace(pattern, (found, at: number) => {
      spans.push([at, at + found.length])
      return found
    })
    return spans
  }
  return (text, isCut = false) => {
    const hidden = text.replace(pattern, HIDDEN)
    // As nearly all texts: log lines, above all, are many.
    if (!isCut && !hasUnusualEscapes(hidden)) return hidden
    const find = isCut ? (one: string) => [...wholeOnes(one), ...begunOnes(one, longestFirst)] : wholeOnes
    return withoutSpans(hidden, spansIn(hidden, find, MOST_LAYERS))
  }
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

/** What is left at the end goes with the piece before it: alone it might be too short to be looked for. */
function piecesOf(form: string): string[] {
  const count = Math.max(1, Math.floor(form.length / LONGEST_PIECE))
  return Array.from({ length: count }, (_, at) =>
    form.slice(at * LONGEST_PIECE, at === count - 1 ? undefined : (at + 1) * LONGEST_PIECE),
  )
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}

/** What is found in the text, and in what it says behind its escapes. */
function spansIn(text: string, find: (text: string) => Span[], layers: number): Span[] {
  const spans = find(text)
  if (layers === 0) return spans
  for (const escaping of ESCAPINGS) {
    const unescaped = undoEscapes(text, escaping)
    if (unescaped === undefined) continue
    for (const [from, to] of spansIn(unescaped.text, find, layers - 1))
      spans.push([unescaped.placeOf(from), unescaped.placeOf(to)])
  }
  return spans
}

/** The longest beginning of a value that the text ends with. */
function begunOnes(text: string, forms: readonly string[]): Span[] {
  const longest = forms[0]?.length ?? 0
  const end = text.length - halfEscapeAtEnd(text)
  const begin = Math.max(0, end - longest)
  const tail = text.slice(begin, end).toLowerCase()
  const byStart = Map.groupBy(
    forms.map((form) => form.toLowerCase()),
    (form) => form.slice(0, SHORTEST_VALUE),
  )
  for (let from = 0; from <= tail.length - SHORTEST_VALUE; from++) {
    const candidates = byStart.get(tail.slice(from, from + SHORTEST_VALUE))
    if (candidates?.some((form) => form.startsWith(tail.slice(from)))) return [[begin + from, text.length]]
  }
  return []
}

function withoutSpans(text: string, spans: readonly Span[]): string {
  let hidden = ''
  let done = 0
  for (const [from, to] of spans.toSorted(([one], [other]) => one - other)) {
    if (to <= done) continue
    // Those that overlap are hidden as one.
    if (from >= done) hidden += text.slice(done, from) + HIDDEN
    done = to
  }
  return done === 0 ? text : hidden + text.slice(done)
}
