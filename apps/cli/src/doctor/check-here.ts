/** Checks of this machine: Node, settings, config, secrets, keys. */
import {
  ConfigError,
  loadConfig,
  missingSecrets,
  readSettings,
  requireKeysBeyondLoopback,
  SettingsError,
  type Config,
  type Settings,
} from '@manifold/config'
import type { Source, Target } from '@manifold/domain'
import { broken, ok, warning, type Finding } from './finding.ts'

export type Checked<Value> = { readonly value: Value | undefined; readonly findings: readonly Finding[] }

const OLDEST_NODE = [22, 19] as const
const NEWER_NODE = 24

/** @param version such as `26.1.0` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldest, oldestMinor] = OLDEST_NODE
  if (major < oldest || (major === oldest && minor < oldestMinor)) {
    return broken(
      'Node',
      `is ${version}: too old to run Manifold`,
      `install Node ${OLDEST_NODE.join('.')} or newer; 26 is best`,
    )
  }
  if (major < NEWER_NODE)
    return warning('Node', `is ${version}: works, and serves fewer requests`, 'use Node 26')
  return ok('Node', version)
}

/** Every wrong variable, a line each. */
export function checkSettings(environment?: NodeJS.ProcessEnv): Checked<Settings> {
  try {
    const value = environment === undefined ? readSettings() : readSettings(environment)
    return { value, findings: [ok('settings', 'can be used')] }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const lines = error.message.split('\n').slice(1)
    const findings = lines.map((line) =>
      broken(
        'settings',
        `${line.trim()}: no part starts`,
        'correct the variable; README.md, "Settings", lists them',
      ),
    )
    return { value: undefined, findings }
  }
}

/** Every mistake of the config, a line each. */
export async function checkConfig(path: string): Promise<Checked<Config>> {
  try {
    const value = await loadConfig(path)
    const counts = `${String(value.targets.length)} targets, ${String(value.sources.length)} sources, ${String(value.events.size)} event types`
    const findings = [ok('config', `${path}: ${counts}`)]
    if (value.targets.length === 0) {
      findings.push(
        warning('config', 'has no target: events are accepted and go nowhere', 'add one to "targets"'),
      )
    }
    return { value, findings }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const findings = error.errors.map(({ path: where, message }) =>
      broken(
        'config',
        `${path}: ${where}: ${message}; no part starts`,
        'correct it there; docs/targets.md has every field',
      ),
    )
    return { value: undefined, findings }
  }
}

/** Every secret that is missing, a line each. No value is ever shown. */
export function checkSecrets(targets: readonly Target[], sources: readonly Source[]): Finding[] {
  const holders = [
    ...targets.flatMap((target) =>
      target.kind === 'http'
        ? [{ who: `target ${target.name}`, holder: target.auth, needs: 'its worker does not start' }]
        : [],
    ),
    ...sources.map((source) => ({
      who: `source ${source.path}`,
      holder: source.verify,
      needs: 'the producer does not start',
    })),
  ]
  const findings: Finding[] = []
  let count = 0
  for (const { who, holder, needs } of holders) {
    count += holder.secrets.length
    const missing = missingSecrets(holder.secrets)
    const wrong = missing.length > 0 ? missing : (holder.check?.() ?? [])
    for (const message of wrong) {
      findings.push(
        broken(
          `secrets of ${who}`,
          `${message}; without it ${needs}`,
          'set the variable, or the file that NAME_FILE names',
        ),
      )
    }
  }
  if (findings.length === 0) findings.push(ok('secrets', `${String(count)} named, all there`))
  return findings
}

/** Who may call, and from where. */
export function checkKeys(settings: Settings): Finding[] {
  try {
    requireKeysBeyondLoopback(settings)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const message = `none, and HOST is ${settings.host}: the producer does not start`
    return [broken('API keys', message, 'make one with "manifold keys create", and set MANIFOLD_API_KEYS')]
  }
  const count = settings.apiKeys.length
  if (count === 0 && settings.jwt !== undefined)
    return [ok('API keys', 'none: who calls proves it with a token (MANIFOLD_JWT_JWKS_URL)')]
  if (count === 0)
    return [ok('API keys', `none: whoever is on this machine may do everything, nobody else anything`)]
  const admins = settings.apiKeys.filter((key) => key.scopes.has('admin')).length
  if (admins > 0 || settings.jwt !== undefined)
    return [ok('API keys', `${String(count)}, ${String(admins)} of them for administration`)]
  return [
    warning(
      'API keys',
      `${String(count)}, none with the scope admin: nobody can replay, pause or resume`,
      'make one with "manifold keys create --scopes admin"',
    ),
  ]
}
