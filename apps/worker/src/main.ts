/** The worker process: `npm run worker -- --target crm`. */
import {
  everyTarget,
  hideRevealedSecrets,
  loadConfig,
  readSettings,
  requireSecrets,
  type Config,
} from '@manifold/config'
import type { Target } from '@manifold/domain'
import { announceReady, createLogger, endWithParent, onShutdown } from '@manifold/runtime'
import { parseArguments, type WorkerArguments } from './arguments.ts'
import { startWorker } from './worker.ts'

endWithParent()
try {
  const args = parseArguments(process.argv.slice(2))
  const settings = readSettings()
  const logger = createLogger(
    `worker:${args.targets.join('+')}`,
    settings.logLevel,
    undefined,
    hideRevealedSecrets,
  )
  const targets = chooseTargets(await loadConfig(settings.configPath), args)
  requireSecrets(targets.flatMap((target) => (target.kind === 'http' ? [target.auth] : [])))
  const worker = await startWorker({ settings, targets, logger })
  onShutdown(logger, settings.drainMs, worker.close)
  announceReady(worker.port)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

function chooseTargets(config: Config, args: WorkerArguments): Target[] {
  const targets = everyTarget(config)
  return args.targets.map((name) => {
    const target = targets.find((one) => one.name === name)
    if (target === undefined) {
      const known = targets.map((one) => one.name).join(', ')
      throw new Error(`no target "${name}" in ${config.path}; it has: ${known}`)
    }
    return args.concurrency === undefined ? target : { ...target, concurrency: args.concurrency }
  })
}
