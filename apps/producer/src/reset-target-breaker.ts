/**
 * Resetting the breaker of a target: it is closed, what it held goes on, and who was told that it opened is told that this is over.
 *
 * The end is told before the breaker forgets the opening: a crash between the two leaves it open, and its end is told once all the
 * same, as the id is made of the opening.
 */
import { releaseTarget } from '@manifold/queue'
import { readToldOpening, recoveredEvent, resetBreaker, resetHostBreakers, storeNow } from '@manifold/store'
import { tellOperational, type TellDeps } from './tell-operational.ts'

/** Closes the breaker, and those of its hosts where a target has one for each. Doing it twice is doing it once. */
export async function resetTargetBreaker(deps: TellDeps, target: string): Promise<void> {
  const { store, queues } = deps
  const told = await readToldOpening(store, target)
  if (told !== undefined) await tellRecovered(deps, target, told)
  const later = await resetBreaker(store, target)
  // It opened in between.
  if (later !== undefined && later !== told) await tellRecovered(deps, target, later)
  await resetHostBreakers(store, target)
  await releaseTarget(queues, target)
}

function tellRecovered(deps: TellDeps, target: string, openedAtMs: number): Promise<void> {
  const about = { target, deliveryId: null, eventId: null, eventType: null }
  return tellOperational(deps, recoveredEvent(about, openedAtMs, storeNow(deps.store)))
}
