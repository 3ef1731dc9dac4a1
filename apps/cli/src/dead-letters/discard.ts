/**
 * `manifold dead-letters discard`: gives up for good, one after the other. Each is discarded or it is not: where it is
 * interrupted, the rest are dead letters as before.
 */
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { isManifoldError } from '../report-failure.ts'
import { bar, openProgressLine } from '../terminal/progress-line.ts'
import { eachById } from './each-by-id.ts'
import {
  amount,
  confirm,
  requireChoice,
  select,
  showNothing,
  showSelection,
  type BulkOptions,
  type Selection,
} from './selection.ts'

export type DiscardOptions = BulkOptions

/** Requests under way at once: enough to hide the way there and back, too few to crowd out others. */
const AT_ONCE = 8

export async function discardDeadLetters(
  session: Session,
  options: DiscardOptions,
  ids: readonly string[],
): Promise<ExitCode> {
  const { client, signal } = session
  if (requireChoice(session, options, ids) === 'ids') {
    return eachById(session, options, ids, 'discarded', async (id) => {
      await client.deadLetters.discard(id, { signal })
      return undefined
    })
  }
  const selection = await select(client, options, signal)
  if (options.dryRun === true) return showSelection(session, selection)
  if (selection.count === 0) return showNothing(session, { matched: 0, discarded: 0, skipped: 0 })
  if (!(await confirm(session, `Discard ${amount(selection)} for good`, options))) return EXIT.failed
  return discardMatching(session, selection)
}

type Tally = { discarded: number; skipped: number }

async function discardMatching(session: Session, selection: Selection): Promise<ExitCode> {
  const { output, json, signal } = session
  const tally: Tally = { discarded: 0, skipped: 0 }
  const progress = openProgressLine(process.stderr)
  let whole = false
  try {
    await discardEach(session, selection, tally, () => {
      const done = tally.discarded + tally.skipped
      progress.show(`${bar(done / selection.count)} ${String(done)} of ${amount(selection)}`)
    })
    whole = true
  } finally {
    progress.clear()
    if (!whole && !signal.aborted) output.note('stopped: what is left are dead letters as before')
    if (json) await output.print(`${JSON.stringify(countsOf(selection, tally))}\n`)
    else await output.print(summary(tally))
  }
  return EXIT.ok
}

/** Counting ends where nobody waits for the exact number: then it is known by what was done. */
export function countsOf({ count }: Pick<Selection, 'count'>, { discarded, skipped }: Tally): object {
  return { matched: Math.max(count, discarded + skipped), discarded, skipped }
}

function summary({ discarded, skipped }: Tally): string {
  const others = skipped === 0 ? '' : `; ${String(skipped)} were no longer dead`
  return `${String(discarded)} discarded${others}\n`
}

async function discardEach(
  { client, signal }: Session,
  { filter }: Selection,
  tally: Tally,
  onDone: () => void,
): Promise<void> {
  const letters = client.deadLetters.all(filter, { signal })
  const lane = async () => {
    for (let next = await letters.next(); next.done !== true; next = await letters.next()) {
      signal.throwIfAborted()
      try {
        // Begun is finished: only what was not begun is left when it is interrupted.
        await client.deadLetters.discard(next.value.id)
        tally.discarded++
      } catch (error) {
        if (!isManifoldError(error) || (error.status !== 404 && error.status !== 409)) throw error
        tally.skipped++
      }
      onDone()
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane))
  const broken = ends.find((end) => end.status === 'rejected')
  if (broken !== undefined) throw broken.reason
}
