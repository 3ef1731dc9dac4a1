/** Ending a job: what is to become of it, and how BullMQ is told. */
import { Job, type Worker } from 'bullmq'

export type JobEnd =
  | { readonly kind: 'complete' }
  /** Waits for its turn again, at no cost. */
  | { readonly kind: 'back' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Failed: for good, or to be tried again. */
  | { readonly kind: 'fail'; readonly error: Error }

/**
 * Ends a job.
 * @param mayFetch whether another may follow
 * @returns the next one, which the queue hands over in the same call where it can
 * @throws when the job is no longer this worker's
 */
export async function endJob(
  worker: Worker,
  job: Job,
  token: string,
  end: JobEnd,
  mayFetch: () => boolean,
): Promise<Job | undefined> {
  switch (end.kind) {
    case 'complete':
      return nextJob(worker, await job.moveToCompleted('', token, mayFetch()))
    case 'fail':
      return nextJob(worker, await job.moveToFailed(end.error, token, mayFetch()))
    case 'delay':
      await job.moveToDelayed(Date.now() + end.delayMs, token)
      break
    case 'back':
      await job.moveToWait(token)
      break
    default:
      return end satisfies never
  }
  // Those two hand nothing over, and a queue whose jobs under way are bounded wakes nobody when one of them goes.
  return mayFetch() ? fetchJob(worker, token, 'at once') : undefined
}

/** The next job of the queue; `when waiting` also waits some seconds for one. */
export async function fetchJob(
  worker: Worker,
  token: string,
  patience: 'at once' | 'when waiting',
): Promise<Job | undefined> {
  // Typed as if there always were one.
  const job: Job | undefined = await worker.getNextJob(token, { block: patience === 'when waiting' })
  return job
}

/** What BullMQ hands over when a job ends: `[data, id, …]`, or nothing. */
function nextJob(worker: Worker, handedOver: unknown): Job | undefined {
  if (!Array.isArray(handedOver)) return undefined
  const [data, id] = handedOver as [Parameters<typeof Job.fromJSON>[1] | null | undefined, unknown]
  return data && typeof id === 'string' ? Job.fromJSON(worker, data, id) : undefined
}
