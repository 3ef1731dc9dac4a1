/** Retention: settled events are kept for a time, then forgotten with all that belongs to them. */
import { keys } from './keys.ts'
import { loadScript, replyStrings, runScript } from './script.ts'
import type { Store } from './store.ts'

const dueScript = loadScript('due-retention')
const forgetScript = loadScript('forget-event')
const forgetManyScript = loadScript('forget-events')

/** Settled events whose time has run out, oldest first. */
export async function dueForForgetting(store: Store, limit: number): Promise<string[]> {
  return replyStrings(dueScript, await runScript(store.redis, dueScript, [keys.retention], [limit]))
}

/** What became of an event that was to be forgotten. One with dead letters is left as it was. */
export type Forgetting = 'forgotten' | 'not-due' | 'has-dead-letters'

/** Forgets events whose time has run out and that have no dead letters. One round trip. @returns one for each, in order */
export async function forgetEvents(store: Store, eventIds: readonly string[]): Promise<Forgetting[]> {
  if (eventIds.length === 0) return []
  const scriptKeys: string[] = [keys.events, keys.retention]
  for (const id of eventIds)
    scriptKeys.push(keys.event(id), keys.payload(id), keys.attempts(id), keys.responses(id))
  const reply = await runScript(store.redis, forgetManyScript, scriptKeys, eventIds)
  return replyStrings(forgetManyScript, reply) as Forgetting[]
}

/** Forgets an event if its time has run out, dead letters and all. @returns whether it did */
export async function forgetEvent(store: Store, eventId: string): Promise<boolean> {
  const reply = await runScript(
    store.redis,
    forgetScript,
    [
      keys.event(eventId),
      keys.payload(eventId),
      keys.attempts(eventId),
      keys.events,
      keys.deadLetters,
      keys.retention,
      keys.responses(eventId),
    ],
    [eventId, keys.deadLettersOfPrefix],
  )
  return reply === 1
}
