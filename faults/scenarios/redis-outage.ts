/** Redis is gone and comes back, under load: what the scenarios about it, and the soak, have in common. */
import type { Stage } from '../stage/stage.ts'
import { untilIntakeIsBack } from './intake.ts'

/** So many callers were told before it comes back. */
const REFUSED = 5

/** Takes it away, waits until callers are told, and brings it back. @returns how long intake took to be back */
export async function whileRedisIsGone(stage: Stage, takeAway: () => Promise<void>): Promise<number> {
  const refused = refusals(stage)
  await takeAway()
  await stage.until('refusals', () => refusals(stage) > refused + REFUSED)
  await stage.redis.start()
  return untilIntakeIsBack(stage)
}

/** Posts that were told to come again. */
export function refusals(stage: Stage): number {
  return stage.refusals().get(503) ?? 0
}

/** How often Redis has answered with an error of that name, since it was started. */
export async function countErrors(stage: Stage, name: 'NOSCRIPT'): Promise<number> {
  return errorsIn(await stage.redis.command('INFO', 'errorstats'), name)
}

/** The same, read from an `INFO errorstats`. */
export function errorsIn(info: unknown, name: 'NOSCRIPT' | 'READONLY'): number {
  return Number(new RegExp(`errorstat_${name}:count=(\\d+)`).exec(String(info))?.[1] ?? 0)
}
