/**
 * `manifold doctor`: every check, each finding as it comes.
 *
 * Owns the order: what is nearest first. What cannot be looked at because of something before is said to be so.
 */
import { everyTarget, type Config, type Settings } from '@manifold/config'
import type { Target } from '@manifold/domain'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { onInterrupt } from '../terminal/interruption.ts'
import { cell } from '../terminal/columns.ts'
import { openOutput, type Output } from '../terminal/output.ts'
import { plainText } from '../terminal/plain-text.ts'
import { word } from '../terminal/tints.ts'
import { checkConfig, checkKeys, checkNode, checkSecrets, checkSettings } from './check-here.ts'
import { checkRedis } from './check-redis.ts'
import { checkTarget } from './check-target.ts'
import { broken, type Finding } from './finding.ts'

export type DoctorOptions = {
  readonly target: readonly string[]
  readonly strict?: boolean
  readonly json?: boolean
}

export async function doctor({ target: names, strict, json }: DoctorOptions): Promise<ExitCode> {
  const output = openOutput()
  const signal = onInterrupt()
  const counts = { ok: 0, warning: 0, broken: 0 }
  for await (const finding of findings(names)) {
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

async function* findings(names: readonly string[]): AsyncGenerator<Finding, void, undefined> {
  yield checkNode(process.versions.node)
  const settings = checkSettings()
  yield* settings.findings
  const config = settings.value === undefined ? undefined : await checkConfig(settings.value.configPath)
  if (config !== undefined) yield* config.findings
  if (settings.value !== undefined) yield* await ofSettings(settings.value)
  if (config?.value !== undefined) yield* ofConfig(config.value, names)
}

async function ofSettings(settings: Settings): Promise<Finding[]> {
  return [...checkKeys(settings), ...(await checkRedis(settings))]
}

async function* ofConfig(config: Config, names: readonly string[]): AsyncGenerator<Finding, void, undefined> {
  const known = everyTarget(config)
  for (const name of names.filter((one) => known.every((target) => target.name !== one))) {
    yield broken(
      `target ${name}`,
      'is not in the config',
      `name one of: ${known.map((one) => one.name).join(', ')}`,
    )
  }
  const targets = known.filter((target) => names.length === 0 || names.includes(target.name))
  yield* checkSecrets(targets, names.length === 0 ? config.sources : [])
  // Side by side: one that hangs takes its whole deadline.
  const checks = targets.map((target: Target) => checkTarget(target, Date.now()))
  for (const check of checks) yield await check
}

const MARKS = { ok: 'ok', warning: 'warning', broken: 'broken' } as const
const LEVEL_WIDTH = 7
const ABOUT_WIDTH = 20

function lineOf({ level, about, message, fix }: Finding, { colour }: Output): string {
  const mark = cell(
    level === 'broken' ? { text: MARKS[level], tint: 'red' } : word(MARKS[level]),
    LEVEL_WIDTH,
    colour,
  )
  const how = fix === undefined ? '' : `. Fix: ${plainText(fix)}`
  return `${mark}  ${about.padEnd(ABOUT_WIDTH)}  ${plainText(message)}${how}\n`
}
