import { ErrorCode } from 'bullmq'
import { expect, test } from 'vitest'
import { isJobLost } from './lost-job.ts'

const withCode = (code: unknown) => Object.assign(new Error('it was not moved'), { code })

test.each([
  ['its record is gone', withCode(ErrorCode.JobNotExist), true],
  ['it has no lock', withCode(ErrorCode.JobLockNotExist), true],
  ["it has somebody else's lock", withCode(ErrorCode.JobLockMismatch), true],
  ['it is not under way', withCode(ErrorCode.JobNotInState), true],
  ['its children are not done', withCode(ErrorCode.JobPendingChildren), false],
  ['the connection is gone', withCode('ECONNRESET'), false],
  ['a bug', new Error('Missing lock for job 1'), false],
  ['no error', ErrorCode.JobNotExist, false],
])('a job is lost when BullMQ says so: %s', (_why, error, isLost) => {
  expect(isJobLost(error)).toBe(isLost)
})
