/** Shows a list as it comes: a table a page long at a time, or one JSON item a line. Holds no more than a page. */
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { columns, type Cell } from '../terminal/columns.ts'
import type { Session } from './session.ts'

export type List<Item> = {
  readonly items: AsyncIterable<Item>
  readonly limit: number
  readonly header: readonly string[]
  readonly row: (item: Item) => readonly Cell[]
  /** What to say when there is none. */
  readonly none: string
}

/** So many rows have their columns in common. */
const TABLE_ROWS = 200

export async function showList<Item>({ output, json }: Session, list: List<Item>): Promise<ExitCode> {
  let rows: (readonly Cell[])[] = []
  let count = 0
  let more = false
  const flush = async () => {
    if (rows.length > 0) await output.print(columns(list.header, rows, output))
    rows = []
  }
  for await (const item of list.items) {
    if (count === list.limit) {
      more = true
      break
    }
    count++
    if (json) await output.print(`${JSON.stringify(item)}\n`)
    else rows.push(list.row(item))
    if (rows.length === TABLE_ROWS) await flush()
  }
  await flush()
  if (count === 0 && !json) output.note(list.none)
  if (more && !json)
    output.note(`the first ${String(count)}; there are more: --limit, --all, or a narrower filter`)
  return EXIT.ok
}
