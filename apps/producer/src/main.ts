/** The producer process: `npm run producer`. */
import { hideRevealedSecrets, loadConfig, readSettings } from '@manifold/config'
import { announceReady, createLogger, endWithParent, onShutdown } from '@manifold/runtime'
import { startProducer } from './producer.ts'

endWithParent()
try {
  const settings = readSettings()
  const logger = createLogger('producer', settings.logLevel, undefined, hideRevealedSecrets)
  const config = await loadConfig(settings.configPath)
  const producer = await startProducer({ settings, config, logger })
  onShutdown(logger, settings.drainMs, producer.close)
  announceReady(producer.port)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
