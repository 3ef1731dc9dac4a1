/** What is posted: an event whose data has an exact size as JSON, and is never the same twice. */

/** Data that is `bytes` long as JSON, with a number of its own in it. @throws when that is too short to hold it */
export function eventData(n: number, bytes: number): { readonly order: string; readonly note: string } {
  const order = `A-${String(n).padStart(9, '0')}`
  const room = bytes - JSON.stringify({ order, note: '' }).length
  if (room < 0) throw new Error(`no room for data in ${String(bytes)} bytes`)
  return { order, note: 'x'.repeat(room) }
}

/** The body of a POST. @param targets named in the event; without them its type decides */
export function eventBody(n: number, bytes: number, targets?: readonly string[]): string {
  const data = eventData(n, bytes)
  return JSON.stringify({ type: 'order.placed', ...(targets === undefined ? {} : { targets }), data })
}
