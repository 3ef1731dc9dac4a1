/** Waiting on a condition: the one way a test waits. */

const LOOK_MS = 15

/**
 * Calls `look` until it gives something other than `undefined` or `false`.
 * @param what named in the error when it never does
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${String(timeoutMs)} ms in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
