/** What a function target's handler says is marked as its own. */
import type { HandlerLogger } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'

export function handlerLogger(logger: Logger, target: string): HandlerLogger {
  const own = logger.child({ target, from: 'handler' })
  return {
    info: (fields, message) => {
      own.info(fields, message)
    },
    warn: (fields, message) => {
      own.warn(fields, message)
    },
    error: (fields, message) => {
      own.error(fields, message)
    },
  }
}
