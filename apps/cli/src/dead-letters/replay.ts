/** `manifold dead-letters replay`: one by one by their ids, or in bulk, which the producers do in the background. */
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { misuse } from '../misuse.ts'
import { followReplay, howToLook, printReplay } from '../replays/follow.ts'
import { eachById } from './each-by-id.ts'
import {
  amount,
  confirm,
  requireChoice,
  select,
  showNothing,
  showSelection,
  type BulkOptions,
} from './selection.ts'

export type ReplayOptions = BulkOptions & {
  readonly limit?: number
  readonly rate?: number
  readonly wait: boolean
}

export function replayDeadLetters(
  session: Session,
  options: ReplayOptions,
  ids: readonly string[],
): Promise<ExitCode> {
  const { client, signal } = session
  if (requireChoice(session, options, ids) === 'filter') return replayMatching(session, options)
  const { limit, rate, wait } = options
  if (limit !== undefined || rate !== undefined || !wait)
    misuse(
      session.command,
      '--limit, --rate and --no-wait are for a filter or --all: by their ids all are replayed at once',
    )
  return eachById(session, options, ids, 'replayed', (id) => client.replay(id, { signal }))
}

async function replayMatching(session: Session, options: ReplayOptions): Promise<ExitCode> {
  const { client, output, signal, json } = session
  const selection = limited(await select(client, options, signal), options.limit)
  if (options.dryRun === true) return showSelection(session, selection)
  if (selection.count === 0) return showNothing(session, { matched: 0, replayed: 0, failed: 0 })
  if (!(await confirm(session, `Replay ${amount(selection)}`, options))) return EXIT.failed

  const { limit, rate: ratePerSecond } = options
  const replay = await client.replay({ ...selection.filter, limit, ratePerSecond }, { signal })
  if (options.wait) return followReplay(session, replay)
  if (!json) output.note(`the producers replay them now; look with: ${howToLook(session, replay)}`)
  return printReplay(session, await replay.progress({ signal }))
}

/** The groups say what matches, of which a limit takes the oldest. */
function limited<Counted extends { readonly count: number; readonly more: boolean }>(
  selection: Counted,
  limit: number | undefined,
): Counted {
  if (limit === undefined || limit > selection.count) return selection
  return { ...selection, count: limit, more: false }
}
