import { afterEach, expect, test } from 'vitest'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { scriptCalls } from './script-calls.ts'
import { loadScript, runScript } from './script.ts'

const store = useTestStore()
const passed: string[] = []

afterEach(() => {
  scriptCalls.watch(() => undefined)
  passed.length = 0
})

test('a call passes the point before it when it begins, and the one behind it with its answer', async () => {
  scriptCalls.watch((point) => passed.push(point))
  const calling = runScript(store.redis, loadScript('due-retention'), ['{manifold}:none'], [1])
  expect(passed).toEqual(['before:due-retention'])
  await calling
  expect(passed).toEqual(['before:due-retention', 'after:due-retention'])
})

test('a call that Redis does not know the script of passes its points once', async () => {
  await store.redis.script('FLUSH')
  scriptCalls.watch((point) => passed.push(point))
  await runScript(store.redis, loadScript('due-retention'), ['{manifold}:none'], [1])
  expect(passed).toEqual(['before:due-retention', 'after:due-retention'])
})

test('a call that fails does not come to the point behind it', async () => {
  const broken = {
    ...loadScript('due-retention'),
    source: 'return redis.error_reply("no")',
    sha1: '0'.repeat(40),
  }
  scriptCalls.watch((point) => passed.push(point))
  await expect(runScript(store.redis, broken, [], [])).rejects.toThrow('no')
  expect(passed).toEqual(['before:due-retention'])
})

test('every script has a name', () => {
  expect(scriptCalls.names()).toContain('settle-deliveries')
  expect(scriptCalls.names()).not.toContain('includes')
})
