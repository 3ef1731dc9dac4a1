import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts'
import { connectRedis, waitForRedis } from './connection.ts'
import { loadScript, runScript } from './script.ts'
import { isDemoted, isStoreUnavailable } from './unavailable.ts'

let server: TestRedis
const opened: ReturnType<typeof connectRedis>[] = []

beforeAll(async () => {
  server = await startTestRedis()
})
afterEach(() => {
  for (const redis of opened.splice(0)) redis.disconnect()
})
afterAll(() => server.close())

function open(url = server.url, onError: (error: Error) => void = () => undefined) {
  const redis = connectRedis(url, 'fail-fast', onError)
  opened.push(redis)
  return redis
}

async function connected() {
  const redis = open()
  await waitForRedis(redis, () => undefined)
  return redis
}

/** What a command failed with. */
async function failureOf(command: Promise<unknown>): Promise<unknown> {
  return command.then(
    () => {
      throw new Error('expected the command to fail')
    },
    (error: unknown) => error,
  )
}

describe('Redis cannot take it now', () => {
  test('when it is out of memory, for a command and for a script', async () => {
    const redis = await connected()
    const source = "return redis.call('SET', KEYS[1], 'x')"
    const script = { ...loadScript('due-retention'), source, sha1: '0'.repeat(40) }
    await redis.config('SET', 'maxmemory', '1')
    try {
      expect(await failureOf(redis.set('key', 'value'))).toSatisfy(isStoreUnavailable)
      expect(await failureOf(runScript(redis, script, ['key'], []))).toSatisfy(isStoreUnavailable)
    } finally {
      await redis.config('SET', 'maxmemory', '0')
    }
  })

  test('when it is read-only, as a demoted master is', async () => {
    const redis = await connected()
    const admin = await connected()
    await admin.call('REPLICAOF', '127.0.0.1', '1')
    try {
      const error = await failureOf(redis.set('key', 'value'))
      expect(error).toMatchObject({ message: expect.stringMatching(/^READONLY/) as string })
      expect(error).toSatisfy(isStoreUnavailable)
    } finally {
      await admin.call('REPLICAOF', 'NO', 'ONE')
    }
  })

  test('when it is busy with a script', async () => {
    const redis = await connected()
    const busy = await connected()
    await redis.config('SET', 'lua-time-limit', '1')
    const loop = failureOf(busy.eval('while true do end', 0))
    const error = await eventually('the script to be noticed', () =>
      redis.ping().then(
        () => undefined,
        (failure: unknown) => failure,
      ),
    )
    await redis.call('SCRIPT', 'KILL')
    expect(error).toMatchObject({ message: expect.stringMatching(/^BUSY/) as string })
    expect(error).toSatisfy(isStoreUnavailable)
    await loop
  })

  test('when it wants a password that is missing or wrong', async () => {
    const admin = await connected()
    await admin.config('SET', 'requirepass', 'right')
    try {
      for (const url of [server.url, server.url.replace('//', '//:wrong@')]) {
        const told = Promise.withResolvers<Error>()
        open(url, told.resolve)
        expect(await told.promise).toSatisfy(isStoreUnavailable)
      }
    } finally {
      await admin.config('SET', 'requirepass', '')
    }
  })

  test('when the master steps down under a command that waits', async () => {
    const redis = await connected()
    const admin = await connected()
    const waiting = failureOf(redis.xread('BLOCK', 0, 'STREAMS', 'nothing-comes', '0'))
    await eventually('the command to wait', async () =>
      /blocked_clients:1\b/.test(await admin.info('clients')),
    )
    await admin.call('REPLICAOF', '127.0.0.1', '1')
    try {
      const error = await waiting
      expect(error).toMatchObject({ message: expect.stringMatching(/^UNBLOCKED/) as string })
      expect(error).toSatisfy(isStoreUnavailable)
    } finally {
      await admin.call('REPLICAOF', 'NO', 'ONE')
    }
  })

  test('when a script meets a master that has stepped down', async () => {
    const redis = await connected()
    const admin = await connected()
    const source = "return redis.call('SET', KEYS[1], 'x')"
    const script = { ...loadScript('due-retention'), source, sha1: '0'.repeat(40) }
    await admin.call('REPLICAOF', '127.0.0.1', '1')
    try {
      const error = await failureOf(runScript(redis, script, ['key'], []))
      expect(error).toSatisfy(isStoreUnavailable)
      expect(error).toSatisfy(isDemoted)
    } finally {
      await admin.call('REPLICAOF', 'NO', 'ONE')
    }
  })

  test('while the slot of its keys travels', () => {
    const message =
      'ERR Script attempted to access a non local key in a cluster node script: 0, on @user_script:1.'
    expect(Object.assign(new Error(message), { name: 'ReplyError' })).toSatisfy(isStoreUnavailable)
  })

  // How Redis 6.2 words it.
  test('in the words of older servers', () => {
    const message = "ERR Error running script (call to f_0): @user_script:1: -READONLY You can't write"
    const error = Object.assign(new Error(message), { name: 'ReplyError' })
    expect(error).toSatisfy(isStoreUnavailable)
    expect(error).toSatisfy(isDemoted)
  })

  test.each(['redis://127.0.0.1:1', 'redis://nowhere.invalid:6379'])(
    'when nobody answers at %s',
    async (url) => {
      const told = Promise.withResolvers<Error>()
      const redis = open(url, told.resolve)
      expect(await failureOf(redis.ping())).toSatisfy(isStoreUnavailable)
      expect(await told.promise).toSatisfy(isStoreUnavailable)
    },
  )
})

describe('Redis is not to blame', () => {
  test('for a command that it cannot make sense of', async () => {
    const redis = await connected()
    await redis.set('text', 'x')
    expect(await failureOf(redis.lpush('text', 'x'))).not.toSatisfy(isStoreUnavailable)
    expect(await failureOf(redis.eval('this is not Lua', 0))).not.toSatisfy(isStoreUnavailable)
    expect(await failureOf(redis.call('NO-SUCH-COMMAND'))).not.toSatisfy(isStoreUnavailable)
  })

  test('for an error that does not come from a connection', () => {
    expect(isStoreUnavailable(new TypeError('x is not a function'))).toBe(false)
    expect(isStoreUnavailable(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(false)
    expect(isStoreUnavailable('OOM command not allowed')).toBe(false)
    expect(isStoreUnavailable(undefined)).toBe(false)
  })
})
