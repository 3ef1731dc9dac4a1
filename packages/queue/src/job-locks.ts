/**
 * The locks of the jobs this process works on: renewed while it lives, so that nobody else takes them; let go when it
 * dies, so that somebody does.
 */

export type JobLocks = {
  readonly hold: (jobId: string, token: string) => void
  /** Only with the token it is held under: a lock that was lost may be held anew. */
  readonly letGo: (jobId: string, token: string) => void
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
  let renewing = false
  const timer = setInterval(() => {
    // While Redis is away the first renewal waits for it; one is enough.
    if (tokens.size === 0 || renewing) return
    renewing = true
    worker
      .extendJobLocks([...tokens.keys()], [...tokens.values()], lockMs)
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
      if (tokens.get(jobId) === token) tokens.delete(jobId)
    },
    held: () => tokens.size,
    stop: () => {
      clearInterval(timer)
    },
  }
}
