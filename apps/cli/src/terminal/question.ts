/** A question before something that cannot be taken back. Anything but yes is no. */
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'

/** Whether there is somebody who could answer. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks on the terminal. @throws the reason of the signal when it is aborted */
export async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  // Without line editing Ctrl-C stays a signal, as everywhere else.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  try {
    const ended = once(lines, 'close').then(() => '')
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended])
    return /^(y|yes)$/i.test(answer.trim())
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
  }
}
