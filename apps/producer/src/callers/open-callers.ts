/**
 * Who may call a producer: the keys and tokens of its settings, as they are at its start and after each reload.
 *
 * What is reloaded is read each for itself: what is bad is logged, leaves what was in force, and keeps nothing else from being
 * read. Whether there are keys at all, and whose tokens are taken, stays as it was at the start.
 */
import { rereadApiKeys, type Settings } from '@manifold/config'
import type { Logger } from '@manifold/runtime'
import type { IdentifyCaller } from './caller.ts'
import { createCallerIdentifier } from './identify-caller.ts'
import { openTokens } from './open-tokens.ts'

export type Callers = {
  readonly identify: IdentifyCaller
  /** Reads the file of keys, and the keys of tokens, again. Does not throw: what is wrong is logged. */
  readonly reload: () => Promise<void>
}

/** @throws {SettingsError} when a file holds no key set */
export async function openCallers(
  settings: Pick<Settings, 'apiKeys' | 'jwt'>,
  logger: Logger,
): Promise<Callers> {
  const tokens = settings.jwt === undefined ? undefined : await openTokens(settings.jwt, logger)
  const { identify, replaceKeys } = createCallerIdentifier(settings.apiKeys, tokens?.readToken)

  const reloadKeys = () => {
    try {
      const keys = rereadApiKeys()
      if (keys !== undefined) logger.info(replaceKeys(keys), 'keys reloaded')
    } catch (error) {
      logger.error({ reason: messageOf(error) }, 'keys not reloaded: those of before stay in force')
    }
  }
  const reloadTokens = async () => {
    if (tokens === undefined) return
    try {
      await tokens.reload()
      logger.info('keys of tokens reloaded')
    } catch (error) {
      logger.error({ reason: messageOf(error) }, 'keys of tokens not reloaded: those of before stay in force')
    }
  }
  return {
    identify,
    reload: () => {
      reloadKeys()
      return reloadTokens()
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
