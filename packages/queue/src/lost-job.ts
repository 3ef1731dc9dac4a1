/**
 * Jobs that are somebody else's by now: a worker that was silent for longer than its lock, or whose Redis was replaced by a
 * replica that had not heard of it, finds out when it ends the job. That is no bug: what it settled stands, in the record.
 */
import { ErrorCode } from 'bullmq'

const LOST: ReadonlySet<unknown> = new Set([
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
])

/** Whether BullMQ refused to end or move a job because it is no longer in this worker's hands. */
export function isJobLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST.has(error.code)
}
