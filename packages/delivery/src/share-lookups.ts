/**
 * Shares lookups: whoever asks for a name that is being looked up waits for the same answer.
 *
 * The system's resolver takes a thread for as long as it waits, and there are few: a name whose server is silent would, asked
 * for by each attempt anew, keep every other name from being looked up. Nothing is kept once the answer is there.
 */
import type { LookupAddress, LookupAllOptions } from 'node:dns'

/** Gives every address of a name. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** A resolver that asks for a name at most once at a time. */
export function shareLookups(resolve: Resolve): Resolve {
  const waiting = new Map<string, Parameters<Resolve>[2][]>()
  return (hostname, options, callback) => {
    const question = JSON.stringify([hostname, options])
    const others = waiting.get(question)
    if (others !== undefined) {
      others.push(callback)
      return
    }
    const own = [callback]
    waiting.set(question, own)
    resolve(hostname, options, (error, addresses) => {
      waiting.delete(question)
      for (const tell of own) tell(error, addresses)
    })
  }
}
