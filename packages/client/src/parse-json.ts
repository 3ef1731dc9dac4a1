/** JSON from outside. */

/** @returns undefined for what is no JSON; no JSON text stands for undefined */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
