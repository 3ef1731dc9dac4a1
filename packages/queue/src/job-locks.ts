/**
 * The locks of the jobs this process works on: renewed while it lives, so that nobody else takes them; let go when it
 * dies, so that somebody does.
 */

export type JobLocks = {
  readonly hold: (jobId: string, token: string) => void
  /** Only with the token it is held under: a lock that was lost may be held anew. */
  readonly letGo: (jobId: string, token: string) => void
  /** Whether a job that is held here was found to be somebody else's by now. */
  readonly isLost: (jobId: string) => boolean
  readonly held: () => number
  readonly stop: () => void
}

/** The part of BullMQ's worker that renews; it answers with the ids of the locks that were lost. */
type Renews = {
  readonly extendJobLocks: (jobIds: string[], tokens: string[], durationMs: number) => Promise<string[]>
}

/** @param lockMs how long a lock lasts; it is renewed twice in that time */
export function keepJobLocks(worker: Renews, lockMs: number, onError: (error: Error) => void): JobLocks {
  const tokens = new Map<string, string>()
  /** The tokens whose locks could not be renewed. */
  const lost = new Set<string>()
  let renewing = false
  const timer = setInterval(() => {
    // While Redis is away the first renewal waits for it; one is enough.
    if (tokens.size === 0 || renewing) return
    renewing = true
    const renewed = new Map(tokens)
    worker
      .extendJobLocks([...renewed.keys()], [...renewed.values()], lockMs)
      .then((jobIds) => {
        for (const jobId of jobIds) {
          const token = renewed.get(jobId)
          // It may have ended while it was asked for, or be held anew.
          if (token !== undefined && tokens.get(jobId) === token) lost.add(token)
        }
      })
      .catch(onError)
      .finally(() => {
        renewing = false
      })
  }, lockMs / 2)
  return {
    hold: (jobId, token) => {
      tokens.set(jobId, token)
    },
    letGo: (jobId, token) => {
      lost.delete(token)
      if (tokens.get(jobId) === token) tokens.delete(jobId)
    },
    isLost: (jobId) => lost.has(tokens.get(jobId) ?? ''),
    held: () => tokens.size,
    stop: () => {
      clearInterval(timer)
    },
  }
}
