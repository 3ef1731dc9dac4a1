/** The sandbox process: `npm run sandbox`. */
import { readSettings } from '@manifold/config'
import { announceReady, createLogger, endOnSignal, endWithParent, onShutdown } from '@manifold/runtime'
import { startSandbox } from './sandbox.ts'

const DEFAULT_PORT = 4_000

endWithParent()
endOnSignal()
try {
  const settings = readSettings()
  const logger = createLogger('sandbox', settings.logLevel)
  const sandbox = await startSandbox({
    host: settings.host,
    port: settings.port ?? DEFAULT_PORT,
    onReceived: ({ target, method, path }) => {
      logger.debug({ target, method, path }, 'received')
    },
  })
  logger.info({ url: sandbox.url }, 'sandbox is listening')
  onShutdown(logger, settings.drainMs, sandbox.close)
  announceReady(sandbox.port)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
