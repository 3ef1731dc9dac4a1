/** Text as one word of a shell. */

/** In single quotes, for bash, zsh and fish. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** To be pasted: quoted where it must be. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : shellQuote(text)
}
