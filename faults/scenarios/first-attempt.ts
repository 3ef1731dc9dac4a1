/** What became of the first attempt at a delivery, as the API tells it. */
import { readEventSeen } from '../oracle/read-api.ts'
import type { AttemptSeen } from '../oracle/snapshot.ts'
import type { Stage } from '../stage/stage.ts'

let posted = 0

/** Posts an event for one target and waits until it has been tried. */
export async function firstAttempt(stage: Stage, target: string, limitMs?: number): Promise<AttemptSeen> {
  const eventId = await stage.post({ key: `tried-${String(++posted)}`, targets: [target] })
  let first: AttemptSeen | undefined
  await stage.until(
    `an attempt at ${target}`,
    async () => {
      const event = await readEventSeen(stage.producers()[0]?.origin ?? '', eventId ?? '')
      first = event?.deliveries[0]?.attemptList[0]
      return first !== undefined
    },
    limitMs,
  )
  if (first === undefined) throw new Error('waited for nothing')
  return first
}
