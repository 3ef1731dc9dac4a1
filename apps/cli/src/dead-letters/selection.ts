/**
 * What a bulk action takes: counted before anything is done, and held to what was counted. What dies while somebody
 * reads the question is not taken.
 */
import type { Client, DeadLetterFilter } from '@manifold/client'
import { misuse } from '../misuse.ts'
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { columns } from '../terminal/columns.ts'
import { ask, canAsk } from '../terminal/question.ts'

export type BulkOptions = Omit<DeadLetterFilter, 'after' | 'before'> & {
  readonly after?: Date
  readonly before?: Date
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export type Selection = {
  /** Takes what was counted, and nothing that died later. */
  readonly filter: DeadLetterFilter
  readonly count: number
  /** There are more than were counted. */
  readonly more: boolean
  readonly groups: readonly { readonly target: string; readonly reason: string; readonly count: number }[]
}

/** Counting a page takes some milliseconds: beyond this many nobody waits for the exact number. */
const MAX_COUNTED = 20_000

/** Whether the command names ids, or a filter, and not both. @throws CommanderError */
export function requireChoice(
  { command }: Session,
  options: BulkOptions,
  ids: readonly string[],
): 'ids' | 'filter' {
  const { target, type, reason, after, before, all } = options
  const filtered = [target, type, reason, after, before].some((one) => one !== undefined)
  if (ids.length > 0 && (filtered || all === true)) misuse(command, 'give ids or a filter, not both')
  if (all === true && filtered) misuse(command, '--all takes everything: leave it out beside a filter')
  if (ids.length > 0) return 'ids'
  if (!filtered && all !== true)
    misuse(command, 'name dead letters by id, by a filter such as --target, or take --all')
  return 'filter'
}

/** Counts what the options take, by target and reason. */
export async function select(client: Client, options: BulkOptions, signal: AbortSignal): Promise<Selection> {
  const { target, type, reason, after, before } = options
  const asked: DeadLetterFilter = { target, type, reason, after, before }
  const groups = new Map<string, { target: string; reason: string; count: number }>()
  let count = 0
  let newest: string | undefined
  let more = false
  for await (const one of client.deadLetters.all(asked, { signal })) {
    if (count === MAX_COUNTED) {
      more = true
      break
    }
    count++
    newest ??= one.diedAt ?? undefined
    const key = `${one.target}\n${String(one.reason)}`
    const group = groups.get(key) ?? { target: one.target, reason: one.reason ?? '-', count: 0 }
    group.count++
    groups.set(key, group)
  }
  return { filter: { ...asked, before: upTo(newest, before) }, count, more, groups: [...groups.values()] }
}

/** The API's `before` is exclusive. One that is still to come does not let in what dies until then. */
function upTo(newest: string | undefined, before: Date | undefined): Date | undefined {
  if (newest === undefined) return before
  const behindNewestMs = Date.parse(newest) + 1
  return before !== undefined && before.getTime() < behindNewestMs ? before : new Date(behindNewestMs)
}

/** Nothing matched: so nothing is asked, nor done to what may match in a moment. */
export async function showNothing({ output, json }: Session, counts: object): Promise<ExitCode> {
  if (json) await output.print(`${JSON.stringify(counts)}\n`)
  else output.note('no dead letter matches')
  return EXIT.ok
}

/** Tells of a dry run. */
export async function showSelection({ output, json }: Session, selection: Selection): Promise<ExitCode> {
  const { count, more, groups } = selection
  if (json) {
    await output.print(`${JSON.stringify({ dryRun: true, matched: count, more, groups })}\n`)
    return EXIT.ok
  }
  const rows = groups.map((one) => [one.target, one.reason, String(one.count)])
  if (rows.length > 0) await output.print(columns(['TARGET', 'REASON', 'COUNT'], rows, output))
  await output.print(`${amount(selection)} would be taken; nothing was done\n`)
  return EXIT.ok
}

/** Asks, unless told not to. @throws CommanderError when there is nobody to ask */
export async function confirm(
  { command, signal, output }: Session,
  what: string,
  options: BulkOptions,
): Promise<boolean> {
  if (options.yes === true) return true
  if (!canAsk())
    misuse(
      command,
      `${what}: without a terminal nobody can be asked; give --yes to do it, or --dry-run to look`,
    )
  const agreed = await ask(`${what}?`, signal)
  if (!agreed) output.note('nothing was done')
  return agreed
}

/** "1 dead letter", "more than 20000 dead letters". */
export function amount({ count, more }: Pick<Selection, 'count' | 'more'>): string {
  return `${more ? 'more than ' : ''}${String(count)} dead letter${count === 1 ? '' : 's'}`
}
