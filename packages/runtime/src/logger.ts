/** The logger: JSON lines on stdout, one wide line per unit of work. */
import { pino, type DestinationStream, type Logger } from 'pino'
import { describeError } from './describe-error.ts'
import { hideSecrets } from './hide-secrets.ts'
import { createLineWriter } from './line-writer.ts'

export type { Logger }

const STDOUT = 1

/**
 * @param part the process this is, on every line
 * @param hide takes secret values out of lines in which somebody else's words may stand
 */
export function createLogger(
  part: string,
  level: string,
  destination: DestinationStream = createLineWriter(STDOUT),
  hide: (text: string) => string = (text) => text,
): Logger {
  return pino(
    {
      level,
      base: { part },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      serializers: { err: describeError },
      hooks: { streamWrite: (line) => hideSecrets(line, hide) },
    },
    destination,
  )
}
