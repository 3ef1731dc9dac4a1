/**
 * `manifold doctor`: every check, each finding as it comes.
 *
 * Owns the order: what is nearest first. What cannot be looked at because of something before is said to be so.
 */
import { everyTarget, type Config } from '@manifold/config'
import type { Target } from '@manifold/domain'
import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { misuse } from '../misuse.ts'
import { onInterrupt } from '../terminal/interruption.ts'
import { cell } from '../terminal/columns.ts'
import { openOutput, type Output } from '../terminal/output.ts'
import { plainText } from '../terminal/plain-text.ts'
import { word } from '../terminal/tints.ts'
import { checkConfig, checkKeys, checkNode, checkSecrets, checkSettings } from './check-here.ts'
import { checkRedis } from './check-redis.ts'
import { checkTarget } from './check-target.ts'
import { broken, warning, type Finding } from './finding.ts'

export type DoctorOptions = {
  readonly target: readonly string[]
  readonly part?: 'producer' | 'worker'
  readonly strict?: boolean
  readonly json?: boolean
}

/** What is to run here: each part needs other things. */
type Looked = {
  readonly producer: boolean
  readonly worker: boolean
  /** The worker's; all when there are none. */
  readonly targets: readonly string[]
}

export async function doctor(command: Command, options: DoctorOptions): Promise<ExitCode> {
  const { target: targets, part, strict, json } = options
  if (part === 'producer' && targets.length > 0)
    return misuse(command, '--target is about a worker: leave it out beside --part producer')
  const looked: Looked = {
    producer: part !== 'worker' && targets.length === 0,
    worker: part !== 'producer',
    targets,
  }
  const output = openOutput()
  const signal = onInterrupt()
  const counts = { ok: 0, warning: 0, broken: 0 }
  for await (const finding of findings(looked)) {
    signal.throwIfAborted()
    counts[finding.level]++
    await output.print(json === true ? `${JSON.stringify(finding)}\n` : lineOf(finding, output))
  }
  if (json !== true) {
    const { ok, warning, broken } = counts
    await output.print(`\n${String(ok)} fine, ${String(warning)} to think about, ${String(broken)} broken\n`)
  }
  return counts.broken > 0 || (strict === true && counts.warning > 0) ? EXIT.failed : EXIT.ok
}

async function* findings(looked: Looked): AsyncGenerator<Finding, void, undefined> {
  yield checkNode(process.versions.node)
  const settings = checkSettings()
  yield* settings.findings
  if (settings.value === undefined) {
    yield* [
      notLookedAt('config', 'settings'),
      ...(looked.producer ? [notLookedAt('API keys', 'settings')] : []),
      notLookedAt('Redis', 'settings'),
      ...ofConfigNotLookedAt(looked, 'settings'),
    ]
    return
  }
  const config = await checkConfig(settings.value.configPath)
  yield* config.findings
  if (looked.producer) yield* checkKeys(settings.value)
  yield* await checkRedis(settings.value)
  if (config.value === undefined) yield* ofConfigNotLookedAt(looked, 'config')
  else yield* ofConfig(config.value, looked)
}

function notLookedAt(about: string, before: 'settings' | 'config'): Finding {
  return warning(
    about,
    `not looked at: what is broken in the ${before} is in the way`,
    `mend the ${before} first`,
  )
}

function ofConfigNotLookedAt({ worker }: Looked, before: 'settings' | 'config'): Finding[] {
  return [notLookedAt('secrets', before), ...(worker ? [notLookedAt('targets', before)] : [])]
}

async function* ofConfig(
  config: Config,
  { producer, worker, targets: names }: Looked,
): AsyncGenerator<Finding, void, undefined> {
  const known = everyTarget(config)
  for (const name of names.filter((one) => known.every((target) => target.name !== one))) {
    yield broken(
      `target ${name}`,
      'is not in the config',
      `name one of: ${known.map((one) => one.name).join(', ')}`,
    )
  }
  const isNamed = (target: Target) => names.length === 0 || names.includes(target.name)
  const targets = worker ? known.filter(isNamed) : []
  yield* checkSecrets(targets, producer ? config.sources : [])
  // Side by side: one that hangs takes its whole deadline.
  const checks = targets.map((target) => checkTarget(target, Date.now()))
  for (const check of checks) yield await check
}

const LEVEL_WIDTH = 7
const ABOUT_WIDTH = 20

function lineOf({ level, about, message, fix }: Finding, { colour }: Output): string {
  const mark = cell(word(level), LEVEL_WIDTH, colour)
  const how = fix === undefined ? '' : `. Fix: ${plainText(fix)}`
  return `${mark}  ${about.padEnd(ABOUT_WIDTH)}  ${plainText(message)}${how}\n`
}
