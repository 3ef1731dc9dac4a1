/** Follows a bulk replay. It goes on whether anybody looks or not; so being interrupted only stops looking. */
import type { BulkReplay, ReplayProgress } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { bar, openProgressLine } from '../terminal/progress-line.ts'
import { shellWord } from '../terminal/shell-quote.ts'

/** Until every matched dead letter was given back to its target. */
export async function followReplay(session: Session, replay: BulkReplay): Promise<ExitCode> {
  const { output, signal } = session
  const progress = openProgressLine(process.stderr)
  try {
    const done = await replay.waitUntilDone({
      signal,
      pollMs: 300,
      onProgress: (now) => {
        progress.show(lineOf(now))
      },
    })
    progress.clear()
    return await printReplay(session, done)
  } catch (error) {
    progress.clear()
    output.note(`the replay goes on without this command; look with: ${howToLook(session, replay)}`)
    throw error
  }
}

/** The command, to be pasted. */
export function howToLook({ again }: Session, { id }: BulkReplay): string {
  return ['manifold replays show', id, ...again.map(shellWord)].join(' ')
}

/** How far it is. Those that were no longer dead are no failure of anything. */
export async function printReplay({ output, json }: Session, progress: ReplayProgress): Promise<ExitCode> {
  const { id, status, matched, replayed, failed } = progress
  const skipped = failed === 0 ? '' : `, ${String(failed)} no longer dead`
  const text = `${id} ${status}: ${String(replayed)} of ${String(matched)} replayed${skipped}\n`
  await output.print(json ? `${JSON.stringify(progress)}\n` : text)
  return EXIT.ok
}

function lineOf({ status, matched, replayed, failed }: ReplayProgress): string {
  if (status === 'matching') return 'looking for what matches'
  const done = replayed + failed
  return `${bar(matched === 0 ? 1 : done / matched)} ${String(done)} of ${String(matched)} replayed`
}
