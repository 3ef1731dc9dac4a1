/** A caller who is called back believes what Manifold signed, and nothing else. */
import { createClient, verifyCallback } from '@manifold/client'
import { secret } from '@manifold/config'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startScriptedApi } from '../support/scripted-api.ts'
import { startSystem } from '../support/system.ts'

const SECRET = `whsec_${Buffer.from('a secret that signs callbacks'.padEnd(32, '.')).toString('base64')}`
const OTHER = `whsec_${Buffer.from('one that does not'.padEnd(32, '.')).toString('base64')}`
process.env['CLIENT_CALLBACK_SECRET'] = SECRET

test('the callback of a published event is verified, and tells what became of it', async () => {
  const caller = await startScriptedApi()
  const system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm` }],
      callbacks: {
        signingSecret: secret('CLIENT_CALLBACK_SECRET'),
        allowHttp: true,
        allowPrivateNetwork: ['127.0.0.0/8'],
      },
    }),
  })
  try {
    const client = createClient({ url: system.url })
    const callbackUrl = `${caller.url}/settled`
    const { id } = await client.publish({ type: 'order.placed', data: {}, callbackUrl })
    const { headers, body } = await eventually('the callback', () => caller.received('/settled')[0])

    const checked = await verifyCallback({ headers, body }, { secret: [OTHER, SECRET] })
    if (!checked.verified) throw new Error(checked.reason)
    expect(checked.callback.type).toBe('event.settled')
    expect(await client.result(id)).toMatchObject(checked.callback.data)
    expect(checked.callback.data).toMatchObject({ id, status: 'delivered', deliveries: [{ target: 'crm' }] })
    expect(await verifyCallback({ headers, body }, { secret: OTHER })).toEqual({
      verified: false,
      reason: 'wrong-signature',
    })
  } finally {
    await system.close()
    await caller.close()
  }
})
