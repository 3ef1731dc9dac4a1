/**
 * Shutdown: on SIGTERM, SIGINT, a crash, or the end of the parent that supervises this process, close once, within a limit.
 */
import closeWithGrace from 'close-with-grace'
import type { Logger } from './logger.ts'

/** How much longer than the drain a process may take before it is ended. */
const MARGIN_MS = 2_500

/**
 * Calls `close` when the process is to end, and ends it with 0; with 1 after a crash, or at a second signal, at once.
 * @param drainMs what `close` may take for unfinished work
 * @param close is told whether an error that nobody caught is the reason
 */
export function onShutdown(
  logger: Logger,
  drainMs: number,
  close: (crashed: boolean) => Promise<void>,
): void {
  // SIGHUP asks for a reload (reload.ts).
  const options: closeWithGrace.Options = {
    delay: drainMs + MARGIN_MS,
    logger: false,
    skip: ['SIGHUP'],
    onSecondSignal: (signal) => {
      logger.warn(
        { signal },
        'a second signal: ended at once; what was under way is taken over as after a crash',
      )
    },
  }
  const grace = closeWithGrace(options, async ({ signal, err }) => {
    if (err === undefined) logger.info({ signal: signal ?? 'parent gone' }, 'stopping')
    else logger.fatal({ err }, 'crashed')
    await close(err !== undefined)
    logger.info('stopped')
  })
  // A supervisor's children must not outlive it, even when it was killed.
  process.off('disconnect', endAtOnce)
  process.off('SIGTERM', endUnready).off('SIGINT', endUnready)
  if (process.send === undefined) return
  if (process.connected) {
    process.once('disconnect', () => {
      grace.close()
    })
  } else {
    grace.close()
  }
}

/**
 * Until a part is ready it has nothing to close: when the process that started it is gone, it simply ends.
 * Call it first thing; `onShutdown` takes over.
 */
export function endWithParent(): void {
  process.once('disconnect', endAtOnce)
}

/**
 * Until a part is ready, SIGTERM and SIGINT end it at once, with 0: it was asked to stop, and has nothing to close. As the first
 * process of a container it would not end by itself: there a signal that nobody handles does nothing.
 */
export function endOnSignal(): void {
  process.once('SIGTERM', endUnready).once('SIGINT', endUnready)
}

function endAtOnce(): void {
  process.exit(1)
}

function endUnready(): void {
  process.exit(0)
}

/**
 * Ends a part that could not start, and says why on stderr, to whoever started it.
 * @param hide takes secret values out: the config may have failed over one
 */
export function failToStart(error: unknown, hide: (text: string) => string): never {
  process.stderr.write(`${hide(error instanceof Error ? error.message : String(error))}\n`)
  process.exit(1)
}

/** What a part tells the process that supervises it. */
export type ReadyMessage = { readonly kind: 'ready'; readonly port: number }

/** Tells the supervisor, if there is one, that this part does its work now. */
export function announceReady(port: number): void {
  process.send?.({ kind: 'ready', port } satisfies ReadyMessage)
}
