import { createLogger } from '@manifold/runtime'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { tellOfLostLocks } from './lost-locks.ts'

function logged(everyMs: number) {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>)
  return { lines, locks: tellOfLostLocks(createLogger('test', 'info', { write }), 'crm', everyMs) }
}

test('locks that are lost together are one line, with their count and the first of them', async () => {
  const { lines, locks } = logged(1)
  for (const entry of ['evt_1.1', 'evt_2.1', 'evt_3.1']) locks.lost(entry)
  await eventually('the line', () => lines.length > 0)
  expect(lines).toMatchObject([{ level: 'warn', target: 'crm', entry: 'evt_1.1', count: 3 }])
  locks.lost('evt_4.1')
  await eventually('the next line', () => lines.length > 1)
  expect(lines[1]).toMatchObject({ entry: 'evt_4.1', count: 1 })
})

test('what is not told yet is told when the worker stops', () => {
  const { lines, locks } = logged(600_000)
  locks.lost('evt_1.1')
  expect(lines).toEqual([])
  locks.flush()
  locks.flush()
  expect(lines).toMatchObject([{ entry: 'evt_1.1', count: 1 }])
})
