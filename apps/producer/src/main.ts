/** The producer process: `npm run producer`. */
import { hideRevealedSecrets, loadConfig, readSettings, targetChanges } from '@manifold/config'
import {
  announceReady,
  armFailpoint,
  createLogger,
  endOnSignal,
  endWithParent,
  failToStart,
  heedReloads,
  onShutdown,
} from '@manifold/runtime'
import { scriptCalls } from '@manifold/store'
import { startProducer } from './producer.ts'

endWithParent()
endOnSignal()
const reloads = heedReloads()
try {
  const settings = readSettings()
  armFailpoint(settings.failpoint, scriptCalls)
  const logger = createLogger('producer', settings.logLevel, undefined, hideRevealedSecrets)
  let config = await loadConfig(settings.configPath)
  const producer = await startProducer({ settings, config, logger })
  onShutdown(logger, settings.drainMs, producer.close)
  announceReady(producer.port)
  reloads.follow(logger, async () => {
    await producer.reloadFiles()
    const next = await loadConfig(settings.configPath)
    producer.reload(next)
    const changes = targetChanges(config, next)
    config = next
    return changes
  })
} catch (error) {
  failToStart(error, hideRevealedSecrets)
}
