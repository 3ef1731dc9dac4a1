import { expect, test } from 'vitest'
import { judgeCrashes } from './poison.ts'

test('one process that ended proves nothing: somebody else may have ended it', () => {
  expect(judgeCrashes([])).toBeUndefined()
  expect(judgeCrashes([{ how: 'signal SIGKILL' }])).toBeUndefined()
})

test('two that tried nothing else prove that it was the delivery: dead as invalid, and told how they ended', () => {
  expect(judgeCrashes([{ how: 'exit code 1' }, { how: 'signal SIGABRT' }])).toEqual({
    outcome: { kind: 'permanent', reason: 'worker-crashed', deadReason: 'invalid' },
    error: 'every process that tried nothing else ended: exit code 1, then signal SIGABRT',
  })
})
