/**
 * Settings of who calls a producer: the command line. Kept apart from the settings of the parts, so that a command
 * that only asks a producer loads nothing else.
 */
import { readSecret } from './secret.ts'

export const DEFAULT_MANIFOLD_URL = 'http://127.0.0.1:3000'

/** Names of every variable read here; `MANIFOLD_API_KEY` may also be given as a file. */
export const CLIENT_SETTING_NAMES: readonly string[] = ['MANIFOLD_URL', 'MANIFOLD_API_KEY']

export type ClientSettings =
  | { readonly kind: 'settings'; readonly url: string; readonly apiKey: string | undefined }
  /** One line, with the variable's name and no value. */
  | { readonly kind: 'mistake'; readonly message: string }

/** Where the producer is, and the key for it. */
export function readClientSettings(environment: NodeJS.ProcessEnv = process.env): ClientSettings {
  const url = environment['MANIFOLD_URL'] ?? ''
  const settings = { kind: 'settings', url: url === '' ? DEFAULT_MANIFOLD_URL : url } as const
  const given = ['MANIFOLD_API_KEY', 'MANIFOLD_API_KEY_FILE'].some((name) => (environment[name] ?? '') !== '')
  if (!given) return { ...settings, apiKey: undefined }
  const key = readSecret('MANIFOLD_API_KEY', environment)
  return key.kind === 'found' ? { ...settings, apiKey: key.value } : { kind: 'mistake', message: key.message }
}
