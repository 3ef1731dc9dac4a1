/** How many connections a producer serves at once. One beyond them is closed at once, which is told of in the log, at times. */
import type { Server } from 'node:http'
import type { Logger } from '@manifold/runtime'

const TELL_EVERY_MS = 10_000

export function limitConnections(server: Server, max: number, logger: Logger): void {
  server.maxConnections = max
  let toldAtMs = -TELL_EVERY_MS
  let dropped = 0
  server.on('drop', () => {
    dropped++
    if (performance.now() - toldAtMs < TELL_EVERY_MS) return
    logger.warn({ max, dropped }, 'connections are refused: raise MANIFOLD_MAX_CONNECTIONS')
    toldAtMs = performance.now()
    dropped = 0
  })
}
