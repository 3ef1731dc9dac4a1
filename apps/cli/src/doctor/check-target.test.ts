import { expect, test } from 'vitest'
import { judgeProbe } from './check-target.ts'
import { containing, matching } from '../../../../test/support/matching.ts'

const NOW = Date.parse('2026-01-31T09:30:00Z')
const DAY_MS = 86_400_000

const reached = (days: number) =>
  ({ kind: 'reached', address: '192.0.2.1', certificateExpiresAtMs: NOW + days * DAY_MS }) as const

test.each([
  [90, 'ok'],
  [13, 'warning'],
])('a certificate that is good for %i days is %s', (days, level) => {
  const finding = judgeProbe('target crm', 'crm.example', reached(days), NOW)
  expect(finding).toMatchObject({ level, message: containing(`${String(days)} days`) })
})

test.each(['dns', 'tls', 'timeout', 'connection-refused', 'something-new'])(
  '%s is broken, with a fix',
  (reason) => {
    const finding = judgeProbe('target crm', 'crm.example', { kind: 'failed', reason, error: 'why' }, NOW)
    expect(finding).toMatchObject({
      level: 'broken',
      message: containing('why'),
      fix: matching(/./),
    })
  },
)
