/** Ctrl-C: what is under way is told, and ends in order; a second one ends the process at once. */
import { EXIT } from '../exit-codes.ts'

/** The reason of the signal of an interrupted command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'

  constructor() {
    super('interrupted')
  }
}

/** From now on Ctrl-C aborts this signal instead of ending the process. */
export function onInterrupt(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => {
    controller.abort(new Interrupted())
    process.once('SIGINT', () => process.exit(EXIT.interrupted))
  })
  return controller.signal
}
