/** A Redis that hides its memory, as some managed ones do: intake cannot give way before it is full, and says so. */
import { connectRedis, waitForRedis } from '@manifold/store'
import { expect, onTestFinished, test } from 'vitest'
import { startTestRedis } from '../support/redis.ts'
import { startSystem } from '../support/system.ts'

const TOLD = 'Redis does not show its memory: MANIFOLD_MAX_MEMORY_PERCENT has no effect'

/** What a producer says at its start. */
async function saysAtStart(redisUrl: string, environment: Record<string, string> = {}): Promise<unknown[]> {
  const config = () => ({ targets: [] })
  const system = await startSystem({ redisUrl, environment, config, withWorker: false })
  await system.close()
  return system.logs().map(({ msg }) => msg)
}

test('a producer whose Redis hides its memory says at its start that the limit of memory has no effect', async () => {
  const redis = await startTestRedis()
  onTestFinished(redis.close)
  const owner = connectRedis(redis.url, 'patient', () => undefined)
  onTestFinished(() => {
    owner.disconnect()
  })
  await waitForRedis(owner, () => undefined)
  await owner.call('ACL', 'SETUSER', 'blind', 'on', '>hunter2', '~*', '&*', '+@all', '-info')
  const { host } = new URL(redis.url)
  const blind = `redis://blind:hunter2@${host}`
  expect(await saysAtStart(redis.url)).not.toContain(TOLD)
  expect((await saysAtStart(blind)).filter((msg) => msg === TOLD)).toHaveLength(1)
  // Whoever wants no limit misses none.
  expect(await saysAtStart(blind, { MANIFOLD_MAX_MEMORY_PERCENT: '0' })).not.toContain(TOLD)
})
