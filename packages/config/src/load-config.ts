/**
 * Loads `manifold.config.ts` and resolves it, or reports every mistake at once, each with its path.
 *
 * Owns the judgement of a config. It does not read secrets: the process that sends to a target asks for its own.
 */
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { existsSync } from 'node:fs'
import { CALLBACKS_TARGET, fieldErrors, type FieldError, type Source, type Target } from '@manifold/domain'
import { z } from 'zod'
import { importFresh } from './import-fresh.ts'
import { readCallbacks, type Callbacks } from './callbacks-schema.ts'
import { readSource } from './source-schema.ts'
import { readTarget } from './target-schema.ts'

export type Config = {
  /** Where it was read from. */
  readonly path: string
  readonly events: ReadonlyMap<string, z.ZodType>
  /** Those that events are routed to. */
  readonly targets: readonly Target[]
  readonly sources: readonly Source[]
  /** How callers are called back; `undefined` when they are not. */
  readonly callbacks: Callbacks | undefined
}

/** Everything that has a queue: the targets, and the one of Manifold's own that calls back. */
export function everyTarget({ targets, callbacks }: Config): readonly Target[] {
  return callbacks === undefined ? targets : [...targets, callbacks.target]
}

/** A config that cannot be used; the message lists every mistake, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly errors: readonly FieldError[]

  constructor(path: string, errors: readonly FieldError[]) {
    const lines = errors.map((error) => `  ${error.path}: ${error.message}`)
    super(
      `${path} has ${String(errors.length)} mistake${errors.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    )
    this.errors = errors
  }
}

const configSchema = z.strictObject({
  events: z
    .record(
      z.string(),
      z.custom<z.ZodType>(
        (value) => value instanceof z.ZodType,
        'must be a zod schema such as z.object({ … })',
      ),
    )
    .default({}),
  // The scripts pass all targets of an event in one call.
  targets: z.array(z.unknown()).max(1_000),
  sources: z.array(z.unknown()).max(1_000).default([]),
  // Judged by itself (callbacks-schema.ts).
  callbacks: z.unknown().optional(),
})

/** Loads the config as it is now: once more, with every file of its own, when it was loaded before. @throws {ConfigError} */
export async function loadConfig(path: string): Promise<Config> {
  const file = resolve(path)
  if (!existsSync(file)) {
    throw new ConfigError(file, [
      { path: '(file)', message: 'does not exist: create it, or name another with MANIFOLD_CONFIG' },
    ])
  }
  let module: { default?: unknown }
  try {
    module = (await importFresh(pathToFileURL(file).href)) as { default?: unknown }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError(file, [{ path: '(file)', message: `cannot be loaded: ${message}` }])
  }
  return resolveConfig(file, module.default)
}

/** Checks what a config file exports. @throws {ConfigError} with every mistake. */
export function resolveConfig(path: string, definition: unknown): Config {
  const config = configSchema.safeParse(withPlainEvents(definition))
  const rawTargets = listIn(definition, 'targets')
  const readings = rawTargets.map((raw, index) => readTarget(raw, ['targets', index]))
  const rawSources = listIn(definition, 'sources')
  const sources = rawSources.map((raw, index) => readSource(raw, ['sources', index]))
  const callbacks = readCallbacks(callbacksSetting(definition))

  const errors = [
    ...(config.success ? [] : fieldErrors(config.error).map(explainMissingExport)),
    ...readings.flatMap((one) => (one.kind === 'mistakes' ? one.errors : [])),
    ...duplicates(rawTargets, 'targets', 'name'),
    ...sources.flatMap((one) => (one.kind === 'mistakes' ? one.errors : [])),
    ...duplicates(rawSources, 'sources', 'path'),
    ...reservedNames(rawTargets),
    ...(callbacks.kind === 'mistakes' ? callbacks.errors : []),
  ]
  if (!config.success || callbacks.kind === 'mistakes' || errors.length > 0)
    throw new ConfigError(path, errors)

  return {
    path,
    events: new Map(Object.entries(config.data.events)),
    targets: readings.flatMap((one) => (one.kind === 'target' ? [one.target] : [])),
    sources: sources.flatMap((one) => (one.kind === 'source' ? [one.source] : [])),
    callbacks: callbacks.callbacks,
  }
}

/** A catalogue made by `defineEvents` stands for its schemas. */
function withPlainEvents(definition: unknown): unknown {
  if (typeof definition !== 'object' || definition === null || !('events' in definition)) return definition
  const { events } = definition
  const isCatalogue =
    typeof events === 'object' && events !== null && 'defineTarget' in events && 'schemas' in events
  return isCatalogue ? { ...definition, events: events.schemas } : definition
}

function listIn(definition: unknown, key: string): unknown[] {
  const list = fieldOf(definition, key)
  return Array.isArray(list) ? (list as unknown[]) : []
}

function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !(key in value)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}

function callbacksSetting(definition: unknown): unknown {
  if (typeof definition !== 'object' || definition === null || !('callbacks' in definition)) return undefined
  return definition.callbacks
}

function explainMissingExport(error: FieldError): FieldError {
  return error.path === '(root)'
    ? { path: '(root)', message: 'must `export default defineConfig({ … })`' }
    : error
}

/** What stands for an entry of a list, and is taken by an earlier one. */
function duplicates(entries: readonly unknown[], list: string, key: string): FieldError[] {
  const firstAt = new Map<string, number>()
  return entries.flatMap((entry, index): FieldError[] => {
    const value = fieldOf(entry, key)
    if (typeof value !== 'string') return []
    const first = firstAt.get(value)
    if (first === undefined) {
      firstAt.set(value, index)
      return []
    }
    return [
      {
        path: `${list}[${String(index)}].${key}`,
        message: `"${value}" is taken by ${list}[${String(first)}]`,
      },
    ]
  })
}

function reservedNames(targets: readonly unknown[]): FieldError[] {
  return targets.flatMap((target, index): FieldError[] => {
    if (typeof target !== 'object' || target === null || !('name' in target)) return []
    if (target.name !== CALLBACKS_TARGET) return []
    return [
      {
        path: `targets[${String(index)}].name`,
        message: `"${CALLBACKS_TARGET}" is the target that calls back: see the callbacks setting`,
      },
    ]
  })
}
