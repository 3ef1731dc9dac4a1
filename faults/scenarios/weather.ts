/**
 * The weather of a scenario: `calm` when nothing else is disturbed; `rough` when parts and Redis are struck meanwhile, so that a
 * caller may be told to come again, or get no answer at all.
 */
export type Weather = 'calm' | 'rough'

/** Whether a caller may be answered so when nothing else is disturbed, or else. */
export function isExpected(status: number, weather: Weather, also: readonly number[] = []): boolean {
  return (
    status === 202 || also.includes(status) || (weather === 'rough' && (status === 503 || status === 429))
  )
}
