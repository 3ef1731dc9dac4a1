/** Waits for servers to agree with each other: they talk ten times a second. */

const LOOK_MS = 20
const LIMIT_MS = 20_000

/** @throws when it does not come */
export async function waitUntil(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS
  // A server that does not answer yet, or any more, does not agree.
  while (!(await look().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`waited ${String(LIMIT_MS)} ms in vain for ${what}`)
    await new Promise((done) => setTimeout(done, LOOK_MS))
  }
}
