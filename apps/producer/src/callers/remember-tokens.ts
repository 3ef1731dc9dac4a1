/**
 * Tokens that were good a moment ago: checking a signature costs more than accepting an event, and callers send the same token
 * again and again. Only hashes are kept, of so many tokens at most, for a minute at most, and never beyond their end.
 */
import { hash } from 'node:crypto'
import { hasEnded, type CallerReading } from './caller.ts'
import type { ReadToken } from './identify-caller.ts'

const REMEMBER_MS = 60_000
const MAX_REMEMBERED = 1_000

type Remembered = { readonly reading: CallerReading; readonly untilMs: number }

export type TokenMemory = {
  /** The same, without asking again. What is refused is judged anew each time. */
  readonly readToken: ReadToken
  /** Every token is judged anew. */
  readonly forget: () => void
}

export function rememberTokens(judge: ReadToken, maxRemembered = MAX_REMEMBERED): TokenMemory {
  const remembered = new Map<string, Remembered>()
  const readToken: ReadToken = async (token) => {
    const digest = hash('sha256', token, 'base64')
    const known = remembered.get(digest)
    if (known !== undefined) {
      const { reading, untilMs } = known
      const isGood = reading.kind === 'caller' && !hasEnded(reading.caller) && Date.now() < untilMs
      if (isGood) return reading
      remembered.delete(digest)
    }
    const reading = await judge(token)
    if (reading.kind !== 'caller') return reading
    remembered.set(digest, { reading, untilMs: Date.now() + REMEMBER_MS })
    if (remembered.size > maxRemembered) {
      // A Map remembers in which order its keys came.
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest)
        break
      }
    }
    return reading
  }
  return {
    readToken,
    forget: () => {
      remembered.clear()
    },
  }
}
