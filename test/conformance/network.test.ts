/** Addresses that are not public are blocked before anything is sent, unless the target's config allows them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deliver, QUICK, setStage, type Stage } from '../support/conformance.ts'

const HOSTS = {
  literal: '127.0.0.1',
  hexadecimal: '0x7f000001',
  decimal: '2130706433',
  mapped: '[::ffff:127.0.0.1]',
  loopback6: '[::1]',
  resolved: 'localhost',
  metadata: '169.254.169.254',
}

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => [
    ...Object.entries(HOSTS).map(([name, host]) => ({
      ...QUICK,
      name,
      url: `http://${host}:${String(server.port)}/${name}`,
      allowPrivateNetwork: false,
    })),
    {
      ...QUICK,
      name: 'by-event',
      url: ({ data }) => (data as { url: string }).url,
      allowPrivateNetwork: false,
    },
    { ...QUICK, name: 'cidr', url: `${server.url}/cidr`, allowPrivateNetwork: ['127.0.0.0/8'] },
    { ...QUICK, name: 'other-cidr', url: `${server.url}/other-cidr`, allowPrivateNetwork: ['10.0.0.0/8'] },
    {
      ...QUICK,
      name: 'handler',
      allowPrivateNetwork: false,
      handle: async (_event, { fetch }) => {
        await fetch(`${server.url}/handler`)
      },
    },
  ])
})

afterAll(() => stage.close())

test.each([...Object.keys(HOSTS), 'other-cidr'])(
  '%s: dead as blocked, at once, and nothing is sent',
  async (name) => {
    const delivery = await deliver(stage.system.api, name)
    expect(delivery).toMatchObject({
      status: 'dead',
      reason: 'blocked',
      attempts: 1,
      lastAttempt: { outcome: 'permanent', reason: 'blocked-address', httpStatus: null },
    })
    expect(delivery.lastAttempt?.error).toContain('allowPrivateNetwork')
    expect(stage.server.received(`/${name}`)).toHaveLength(0)
  },
)

test('an address that an event brings is blocked just so', async () => {
  const delivery = await deliver(stage.system.api, 'by-event', { url: `${stage.server.url}/by-event` })
  expect(delivery).toMatchObject({ status: 'dead', reason: 'blocked', attempts: 1 })
  expect(stage.server.received('/by-event')).toHaveLength(0)
})

test('a CIDR that the target lists is allowed', async () => {
  expect(await deliver(stage.system.api, 'cidr')).toMatchObject({ status: 'delivered', attempts: 1 })
})

test("a handler's fetch is under the same rules", async () => {
  const delivery = await deliver(stage.system.api, 'handler')
  expect(delivery.status).toBe('dead')
  expect(stage.server.received('/handler')).toHaveLength(0)
})
