/** A time on the command line: RFC 3339, or how long ago. */
import { InvalidArgumentError } from 'commander'

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const AGO = /^(\d{1,6})(s|m|h|d)$/
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** @throws InvalidArgumentError */
export function parseTime(text: string, nowMs = Date.now()): Date {
  const [, amount, unit = ''] = AGO.exec(text) ?? []
  const unitMs = UNITS_MS[unit]
  if (amount !== undefined && unitMs !== undefined) return new Date(nowMs - Number(amount) * unitMs)
  const atMs = RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(atMs))
    throw new InvalidArgumentError(
      'use a time such as 2026-01-31T09:30:00Z, or how long ago: 30s, 15m, 2h, 7d',
    )
  return new Date(atMs)
}
