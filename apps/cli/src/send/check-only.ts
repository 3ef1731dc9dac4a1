/** `manifold send --dry-run`: judges every event as a producer would, as far as that needs no config, and sends nothing. */
import { eventInputSchema, fieldErrors } from '@manifold/domain'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { fieldLine } from '../field-lines.ts'
import type { Item } from './events-of.ts'
import type { Report } from './report.ts'

export async function checkOnly(items: AsyncIterable<Item>, report: Report): Promise<ExitCode> {
  let count = 0
  for await (const item of items) {
    if (item.kind === 'broken') {
      await report.broken(item)
      continue
    }
    const reading = eventInputSchema.safeParse(item.event)
    if (reading.success) count++
    else {
      const detail = fieldErrors(reading.error).map(fieldLine).join('; ')
      await report.broken({ kind: 'broken', line: item.line, code: 'invalid-event', detail })
    }
  }
  await report.dryRun(count)
  return report.failed() === 0 ? EXIT.ok : EXIT.failed
}
