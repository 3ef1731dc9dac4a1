/**
 * What secrets of this process are worth hiding: every value that one of them gave away.
 *
 * A secret that hides itself is still handed to libraries, to users' functions and to targets, which may repeat it in an
 * error or an answer. Whatever is logged or kept of those goes through here. The one place that remembers values.
 */
import { HIDDEN, hideValues, type HideText } from '@manifold/domain'

/** A secret of Standard Webhooks is used without its prefix. */
const WEBHOOK_PREFIX = /^whsec_|^whsk_/

/** Tokens run out, and are many in the end: the latest are those that can still be met. */
const MAX_TOKENS = 200

const revealed = new Set<string>()
const tokens = new Set<string>()
let hide: HideText | undefined

/** Told of a value before anybody can use it. */
export function noteRevealed(value: string): void {
  if (revealed.has(value)) return
  revealed.add(value)
  const bare = value.replace(WEBHOOK_PREFIX, '')
  if (bare !== value) revealed.add(bare)
  // A key of several lines is repeated line by line, too.
  if (value.includes('\n')) for (const line of value.split(/\r?\n/)) if (isTelling(line)) revealed.add(line)
  hide = undefined
}

/** Told of a token that was got with a secret. */
export function noteToken(value: string): void {
  tokens.add(value)
  const [oldest] = tokens
  if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest)
  hide = undefined
}

/**
 * What `JSON.parse` quotes of a text that it cannot read is a piece of it, in which a value is not found; also where the
 * message is JSON in a log line.
 */
const QUOTED_PIECE =
  /(Unexpected token '.{1,12}?', )(?:\.\.\.)?(\\*")[\s\S]{0,300}?\2(?:\.\.\.)?(?= is not valid JSON)/g

/**
 * The text without any value that a secret of this process gave away, as it is or as it is usually written. What cannot be
 * read as JSON may be one as well: what an error quotes of it is hidden whatever it is.
 * @param isCut the text went on where it ends now: what may be a beginning of one there goes, too
 */
export function hideRevealedSecrets(text: string, isCut?: boolean): string {
  hide ??= hideValues([...revealed, ...tokens])
  const hidden = hide(text, isCut)
  return hidden.includes(' is not valid JSON') ? hidden.replace(QUOTED_PIECE, `$1${HIDDEN}`) : hidden
}

/** Not the lines that every PEM file has. */
function isTelling(line: string): boolean {
  return line.length >= 16 && !line.startsWith('-----')
}
