/** Retention: settled events are kept for a time, then forgotten with all that belongs to them. */
import { keys } from './keys.ts'
import { loadScript, replyStrings, runScript } from './script.ts'
import type { Store } from './store.ts'

const dueScript = loadScript('due-retention')
const forgetScript = loadScript('forget-event')

/** Settled events whose time has run out, oldest first. */
export async function dueForForgetting(store: Store, limit: number): Promise<string[]> {
  return replyStrings(dueScript, await runScript(store.redis, dueScript, [keys.retention], [limit]))
}

/** Forgets an event if its time has run out. @returns whether it did */
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
    ],
    [eventId, keys.deadLettersOfPrefix],
  )
  return reply === 1
}
