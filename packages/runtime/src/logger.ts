/** The logger: JSON lines on stdout, one wide line per unit of work. */
import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

/** Header and field names whose values never reach a log. */
const SECRET_NAMES = ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'proxy-authorization']
const REDACTED = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.headers["${name}"]`])

/** @param part the process this is, on every line */
export function createLogger(part: string, level: string, destination: DestinationStream = stdout()): Logger {
  return pino(
    {
      level,
      base: { part },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[secret]' },
    },
    destination,
  )
}

/**
 * Written synchronously: the last lines before a crash are there, and a process whose reader has gone can end.
 * (pino's asynchronous destination retries a broken pipe for ever when the process exits.)
 */
function stdout(): DestinationStream {
  return pino.destination({ fd: 1, sync: true })
}
