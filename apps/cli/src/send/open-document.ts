/** Whether the first line of an input ends in the middle of a document, which then goes on in the next lines. */
import { readJson } from '@manifold/domain'

export function startsArray(bytes: Uint8Array): boolean {
  return textOf(bytes).startsWith('[')
}

/** A line that is no JSON, and may be what one over several lines begins with. */
export function mayGoOn(bytes: Uint8Array): boolean {
  if (readJson(bytes).kind === 'json') return false
  const text = textOf(bytes)
  return text.startsWith('[') ? isOpen(text) : /[{[,:]$/.test(text)
}

/** Whether brackets that are closed make it JSON: a heading in brackets, above lines that are, does not. */
function isOpen(text: string): boolean {
  const closers: string[] = []
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[') closers.unshift(']')
    else if (token === '{') closers.unshift('}')
    else if (token === closers[0]) closers.shift()
    // It ended before its line did.
    if (closers.length === 0) return false
  }
  const begun = text.replace(/,$/, '').replace(/:$/, ':0')
  return readJson(Buffer.from(begun + closers.join(''), 'latin1')).kind === 'json'
}

/** Byte by byte: only its signs are looked at. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').trim()
}
