/** Ctrl-C and SIGTERM: what is under way is told, and ends in order; a second one ends the process at once. */
import { EXIT, type ExitCode } from '../exit-codes.ts'

/** The reason of the signal of an interrupted command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

/** From now on Ctrl-C and SIGTERM abort this signal instead of ending the process. */
export function onInterrupt(): AbortSignal {
  const controller = new AbortController()
  const follow = (exitCode: ExitCode) => () => {
    if (controller.signal.aborted) process.exit(exitCode)
    controller.abort(new Interrupted(exitCode))
  }
  process.on('SIGINT', follow(EXIT.interrupted)).on('SIGTERM', follow(EXIT.terminated))
  return controller.signal
}
