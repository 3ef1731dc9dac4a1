/**
 * Reload: a SIGHUP asks a process to read its config again. One reload at a time; what is asked for meanwhile comes behind it.
 *
 * A terminal that is closed sends the same signal to what was started in it, which then ends, as it always has.
 */
import { closeSync, openSync } from 'node:fs'
import type { Logger } from './logger.ts'

export type Reloads = {
  /**
   * From now on `reload` is called for each signal; at once if one came before. It gives what changed, for the log; when it rejects,
   * what was in force must still be.
   */
  readonly follow: (logger: Logger, reload: () => Promise<object>) => void
}

/** Call it first thing: until then the signal ends the process. */
export function heedReloads(): Reloads {
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY
  let reload: (() => Promise<void>) | undefined
  let wanted = false
  let running = false

  const run = async (): Promise<void> => {
    if (reload === undefined || running) return
    running = true
    while (isWanted()) {
      wanted = false
      await reload()
    }
    running = false
  }
  // Asked during a reload, it means one more behind it.
  const isWanted = () => wanted

  process.on('SIGHUP', () => {
    if (hasTerminal && isTerminalGone()) {
      process.kill(process.pid, 'SIGTERM')
      return
    }
    wanted = true
    void run()
  })
  return {
    follow: (logger, given) => {
      reload = async () => {
        try {
          logger.info(await given(), 'config reloaded')
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          logger.error(
            { reason },
            'config not reloaded: the one before stays in force; mend what is named, then send SIGHUP again',
          )
        }
      }
      void run()
    },
  }
}

function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}
