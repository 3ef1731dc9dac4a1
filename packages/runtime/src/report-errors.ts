/** Errors of background work, told so that they are seen and do not bury everything else. */
import type { Logger } from './logger.ts'

/** What kind of trouble an error is. */
export type ErrorKind =
  /** A bug: told each time. */
  | 'bug'
  /** Something outside refuses (Redis is out of memory): told once in a while. */
  | 'refusal'
  /** Told elsewhere, once per outage, by the connection itself. */
  | 'outage'

const REFUSAL_EVERY_MS = 10_000

/** @param kindOf tells the three kinds apart; runtime knows none of the libraries that fail */
export function reportErrors(
  logger: Logger,
  kindOf: (error: unknown) => ErrorKind,
): (error: unknown) => void {
  let toldAtMs = -Infinity
  return (err) => {
    switch (kindOf(err)) {
      case 'bug':
        logger.error({ err }, 'unexpected error')
        return
      case 'refusal':
        if (performance.now() - toldAtMs < REFUSAL_EVERY_MS) return
        toldAtMs = performance.now()
        logger.error(
          { reason: err instanceof Error ? err.message : String(err) },
          'Redis refuses; work goes on when it does not',
        )
        return
      case 'outage':
        return
      default:
    }
  }
}
