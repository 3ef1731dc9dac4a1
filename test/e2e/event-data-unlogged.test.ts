/** What Redis's client says of a command that was refused has the command's arguments: an event's data must not go on into the log. */
import { secret } from '@manifold/config'
import { connectRedis } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket } from '../support/web-socket.ts'

const DATA = 'patient-8842'
const CALLBACK = 'callback-path-8842'

let redis: TestRedis
let owner: ReturnType<typeof connectRedis>
let system: System

beforeAll(async () => {
  redis = await startTestRedis()
  owner = connectRedis(redis.url, 'patient', () => undefined)
  await owner.call('ACL', 'SETUSER', 'manifold', 'on', '>hunter2', '~*', '&*', '+@all')
  system = await startSystem({
    environment: { LOG_LEVEL: 'trace' },
    redisUrl: redis.url.replace('redis://', 'redis://manifold:hunter2@'),
    withWorker: false,
    config: () => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: 'https://crm.example/' }],
      callbacks: { signingSecret: secret('TEST_NO_SECRET') },
    }),
  })
  await owner.call('ACL', 'SETUSER', 'manifold', '-@scripting')
})

afterAll(async () => {
  await owner.call('ACL', 'SETUSER', 'manifold', '+@all')
  await system.close()
  owner.disconnect()
  await redis.close()
})

const linesSaying = (message: string) => system.logs().filter(({ msg }) => msg === message)

test('an event whose accept Redis refuses is told of by the command that failed, without a word of the event', async () => {
  const event = {
    type: 'order.placed',
    data: { name: DATA },
    callbackUrl: `https://hooks.example/${CALLBACK}`,
  }
  expect((await system.api.post(event)).status).toBe(500)
  await system.api.call('POST', '/v1/events/batch', [event])
  const socket = await openSocket(system.url)
  expect(await socket.ask({ do: 'publish', event })).toMatchObject({ message: 'refused' })
  socket.socket.close()

  for (const message of ['request failed', 'an item of a batch failed', 'a WebSocket message failed']) {
    const [line] = linesSaying(message)
    expect(line, message).toMatchObject({
      err: {
        message: expect.stringMatching(/^NOPERM/) as string,
        stack: expect.any(String) as string,
        command: expect.any(String) as string,
      },
    })
  }
  // Work in the background is refused as well.
  await eventually('a look in the background', () => linesSaying('unexpected error').length > 0)
  const text = JSON.stringify(system.logs())
  for (const word of [DATA, CALLBACK]) expect(text).not.toContain(word)
})
