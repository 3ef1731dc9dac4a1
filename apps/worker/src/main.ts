/** The worker process: `npm run worker -- --target crm`. */
import {
  everyTarget,
  hideRevealedSecrets,
  loadConfig,
  readSettings,
  requireSecrets,
  targetChanges,
  type Config,
} from '@manifold/config'
import type { Target } from '@manifold/domain'
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
import { parseArguments, type WorkerArguments } from './arguments.ts'
import { startWorker } from './worker.ts'

endWithParent()
endOnSignal()
const reloads = heedReloads()
try {
  const args = parseArguments(process.argv.slice(2))
  const settings = readSettings()
  armFailpoint(settings.failpoint, scriptCalls)
  const logger = createLogger(
    `worker:${args.targets.join('+') || 'all'}`,
    settings.logLevel,
    undefined,
    hideRevealedSecrets,
  )
  let config = await loadConfig(settings.configPath)
  requireTargets(config, args)
  const targets = chooseTargets(config, args)
  requireTargetSecrets(targets)
  const worker = await startWorker({
    settings,
    targets,
    known: namesIn(config),
    configured: config.targets,
    logger,
  })
  onShutdown(logger, settings.drainMs, worker.close)
  announceReady(worker.port)
  reloads.follow(logger, async () => {
    const next = await loadConfig(settings.configPath)
    const chosen = chooseTargets(next, args)
    requireTargetSecrets(chosen)
    const changes = targetChanges(config, next)
    await worker.reload(chosen, namesIn(next), next.targets)
    config = next
    return { ...changes, targets: chosen.map(({ name }) => name) }
  })
} catch (error) {
  failToStart(error, hideRevealedSecrets)
}

function namesIn(config: Config): string[] {
  return everyTarget(config).map((target) => target.name)
}

/** At the start a name that is not there is a slip; later its target was removed, and may come back. */
function requireTargets(config: Config, args: WorkerArguments): void {
  const known = namesIn(config)
  for (const name of args.targets) {
    if (!known.includes(name))
      throw new Error(`no target "${name}" in ${config.path}; it has: ${known.join(', ')}`)
  }
}

function requireTargetSecrets(targets: readonly Target[]): void {
  requireSecrets(targets.flatMap((target) => (target.kind === 'http' ? [target.auth] : [])))
}

/** Those that were named, as far as the config has them; all without a name. */
function chooseTargets(config: Config, args: WorkerArguments): Target[] {
  return everyTarget(config)
    .filter(({ name }) => args.targets.length === 0 || args.targets.includes(name))
    .map((target) => (args.concurrency === undefined ? target : { ...target, concurrency: args.concurrency }))
}
