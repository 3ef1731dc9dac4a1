/** Everyday translations between how events are written and how an API wants them: names of fields, and times. */
import camelcaseKeys from 'camelcase-keys'
import snakecaseKeys from 'snakecase-keys'

type Fields = Record<string, unknown>

/** `{ orderId: { lineItems: [] } }` → `{ order_id: { line_items: [] } }`, at every depth. */
export function snakeCaseKeys<const Value extends Fields>(value: Value) {
  return snakecaseKeys(value, { deep: true })
}

/** `{ order_id: { line_items: [] } }` → `{ orderId: { lineItems: [] } }`, at every depth. */
export function camelCaseKeys<const Value extends Fields>(value: Value) {
  return camelcaseKeys(value, { deep: true })
}

/**
 * An RFC 3339 time as whole seconds since the epoch.
 * @throws when it is no time: the delivery is then dead as `invalid`, not sent with a wrong one
 */
export function unixSeconds(time: string): number {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) throw new TypeError(`"${time}" is not a time such as 2026-01-31T09:30:00Z`)
  return Math.floor(ms / 1_000)
}

/** Seconds since the epoch as an RFC 3339 time in UTC. @throws when they are no time */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}
