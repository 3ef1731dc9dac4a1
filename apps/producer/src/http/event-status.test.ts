import { expect, test } from 'vitest'
import { queryProperties } from '../contract/schemas.ts'
import { eventStatusQuery } from './event-status.ts'
import { MAX_WAIT_SECONDS } from './prefer.ts'

test('as many seconds may be waited for as the document says, and no more', () => {
  const documented = queryProperties(eventStatusQuery).find(({ name }) => name === 'wait')?.schema.pattern
  for (const wait of [
    '0',
    '7',
    '07',
    '59',
    String(MAX_WAIT_SECONDS),
    String(MAX_WAIT_SECONDS + 1),
    '78',
    '-1',
    '1.5',
    '',
  ]) {
    const isTaken = eventStatusQuery.safeParse({ wait }).success
    expect(isTaken, wait).toBe(new RegExp(String(documented)).test(wait))
    expect(isTaken, wait).toBe(/^\d+$/.test(wait) && Number(wait) <= MAX_WAIT_SECONDS)
  }
})
