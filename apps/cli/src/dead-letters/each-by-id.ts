/** Does one thing to each of some dead letters that are named: what fails is told, and the rest goes on. */
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { isManifoldError, problemOf, textOf } from '../report-failure.ts'
import type { BulkOptions } from './selection.ts'

/** @throws what stands in the way of all of them: a producer that is not there, a key that may not */
export async function eachById(
  { client, output, json, signal }: Session,
  { dryRun }: BulkOptions,
  ids: readonly string[],
  done: 'replayed' | 'discarded',
  act: (id: string) => Promise<object | undefined>,
): Promise<ExitCode> {
  let failed = 0
  for (const id of ids) {
    try {
      const answer = dryRun === true ? await client.deadLetters.get(id, { signal }) : await act(id)
      const result = { id, ...(dryRun === true ? { dryRun: true } : { [done]: true, ...answer }) }
      const text = `${id} ${dryRun === true ? `would be ${done}` : done}`
      await output.print(json ? `${JSON.stringify(result)}\n` : `${text}\n`)
    } catch (error) {
      if (!isManifoldError(error) || error.status === undefined || ![404, 409, 422].includes(error.status))
        throw error
      failed++
      if (json) await output.print(`${JSON.stringify({ id, [done]: false, problem: problemOf(error) })}\n`)
      else output.note(`${id}: ${textOf(error)}`)
    }
  }
  return failed === 0 ? EXIT.ok : EXIT.failed
}
