/** Callbacks: only what was signed with the secret, not long ago, is believed. Signed here by somebody else's library. */
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { verifyCallback, type CallbackRequest } from './verify-callback.ts'

const secret = `whsec_${Buffer.from('a secret of 24 bytes ....').toString('base64')}`
const other = `whsec_${Buffer.from('another secret, 24 bytes').toString('base64')}`
const at = new Date('2026-01-31T09:30:00Z')
const nowMs = at.getTime()
const settled = JSON.stringify({
  type: 'event.settled',
  timestamp: at.toISOString(),
  data: { id: 'evt_1', status: 'delivered', deliveries: [], note: 'ü' },
})

function signed(body = settled, by = secret): { headers: Record<string, string>; body: string } {
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(nowMs / 1_000),
    'webhook-signature': new Webhook(by).sign('msg_1', at, body),
  }
  return { headers, body }
}

test('a callback that Manifold signed is verified, and read', async () => {
  const { headers, body } = signed()
  const callback = JSON.parse(body) as unknown
  const forms: CallbackRequest[] = [
    { headers, body },
    { headers, body: Buffer.from(body) },
    { headers: new Headers(headers), body },
    {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
      ),
      body,
    },
  ]
  for (const form of forms)
    expect(await verifyCallback(form, { secret, nowMs })).toEqual({ verified: true, id: 'msg_1', callback })
})

test('while one secret takes the place of another, either will do, on both sides', async () => {
  const { headers, body } = signed()
  expect(await verifyCallback({ headers, body }, { secret: [other, secret], nowMs })).toMatchObject({
    verified: true,
  })

  const both = [signed(settled, other), signed()].map((one) => one.headers['webhook-signature']).join(' ')
  const twice = { headers: { ...headers, 'webhook-signature': `v1a,xxxx ${both}` }, body }
  expect(await verifyCallback(twice, { secret, nowMs })).toMatchObject({ verified: true })
})

test.each<{ what: string; change: object; reason: string }>([
  { what: 'of another secret', change: signed(settled, other).headers, reason: 'wrong-signature' },
  { what: 'with another id', change: { 'webhook-id': 'msg_2' }, reason: 'wrong-signature' },
  {
    what: 'with another time',
    change: { 'webhook-timestamp': String(nowMs / 1_000 + 1) },
    reason: 'wrong-signature',
  },
  { what: 'that is no base64', change: { 'webhook-signature': 'v1,%%%' }, reason: 'wrong-signature' },
  { what: 'that is empty', change: { 'webhook-signature': 'v1,' }, reason: 'wrong-signature' },
  { what: 'of another version', change: { 'webhook-signature': 'v2,AAAA' }, reason: 'wrong-signature' },
  { what: 'that is not there', change: { 'webhook-signature': undefined }, reason: 'missing-header' },
  { what: 'without a time', change: { 'webhook-timestamp': 'soon' }, reason: 'wrong-time' },
])('a signature $what is not believed', async ({ change, reason }) => {
  const { headers, body } = signed()
  const changed = { headers: { ...headers, ...change }, body }
  expect(await verifyCallback(changed, { secret, nowMs })).toEqual({ verified: false, reason })
})

test('one changed byte of the body is noticed', async () => {
  const { headers, body } = signed()
  const changed = { headers, body: body.replace('evt_1', 'evt_2') }
  expect(await verifyCallback(changed, { secret, nowMs })).toEqual({
    verified: false,
    reason: 'wrong-signature',
  })
})

test('an old callback is not believed, nor one from the future', async () => {
  for (const offMs of [-301_000, 301_000])
    expect(await verifyCallback(signed(), { secret, nowMs: nowMs + offMs })).toEqual({
      verified: false,
      reason: 'wrong-time',
    })
  for (const offMs of [-299_000, 299_000])
    expect(await verifyCallback(signed(), { secret, nowMs: nowMs + offMs })).toMatchObject({ verified: true })
})

test.each(['{', '[]', '{"type":"order.placed","data":{}}'])(
  'what is signed but no callback is said to be so: %s',
  async (body) => {
    expect(await verifyCallback(signed(body), { secret, nowMs })).toEqual({
      verified: false,
      reason: 'not-a-callback',
    })
  },
)

test.each(['', 'whsec_', 'whsec_%%%', 'hunter2'])(
  'a secret that is none is refused unseen: %j',
  async (bad) => {
    const work = verifyCallback(signed(), { secret: bad, nowMs })
    await expect(work).rejects.toThrow(new TypeError('secret: must be whsec_ followed by base64'))
  },
)
