/** A Redis that does not show its memory to Manifold's user: the limit of memory cannot hold, and that is said. */
import { connectRedis, waitForRedis } from '@manifold/store'
import { expect, test } from 'vitest'
import { startTestRedis } from '../support/redis.ts'
import { startSystem, type System } from '../support/system.ts'

test('a producer whose Redis hides its memory says at its start that the limit of memory has no effect', async () => {
  const redis = await startTestRedis()
  const owner = connectRedis(redis.url, 'patient', () => undefined)
  await waitForRedis(owner, () => undefined)
  await owner.call('ACL', 'SETUSER', 'blind', 'on', '>hunter2', '~*', '&*', '+@all', '-info')
  const { host } = new URL(redis.url)
  const start = (redisUrl: string) =>
    startSystem({ redisUrl, environment: {}, config: () => ({ targets: [] }), withWorker: false })
  const told = (one: System) =>
    one.logs().filter(({ msg }) => String(msg).includes('does not show its memory'))
  const [blind, seeing] = [await start(`redis://blind:hunter2@${host}`), await start(redis.url)]
  try {
    expect(told(blind)).toHaveLength(1)
    expect(told(seeing)).toHaveLength(0)
  } finally {
    await Promise.all([blind.close(), seeing.close()])
    owner.disconnect()
    await redis.close()
  }
})
