/** Text from elsewhere, made safe to show: what came in an event must not move the cursor or colour the screen. */

// Control characters, and those that turn the direction of writing around.
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** On one line: each unsafe character is shown as its code. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** Over several lines: line ends and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(UNSAFE, (character) => ('\n\t'.includes(character) ? character : escaped(character)))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
