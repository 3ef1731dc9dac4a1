import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { NOW_MS, secretOf } from '../../../../test/support/auth-request.ts'
import { expectEveryByteCounts, NOW_S, verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { stripeSignature } from './stripe-signature.ts'

const BODY = '{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","object":"event"}'

function v1(secret: string, body = BODY, time = NOW_S): string {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
}

const webhook = (header: string, body = BODY) => webhookOf(body, { 'Stripe-Signature': header })

const verdict = (header: string, nowMs = NOW_MS, body = BODY) =>
  verdictOf(stripeSignature(secretOf('whsec_test')), webhook(header, body), nowMs)

test('a signed event is genuine; it is known again, and told from others, by its id alone', async () => {
  const id = 'evt_1NG8Du2eZvKYlo2CUI79vXWy'
  const found = await verdict(`t=${NOW_S},v1=${v1('whsec_test')}`)
  expect(found).toMatchObject({ kind: 'genuine', id, fingerprint: id })
})

test('of several signatures one has to match: the endpoint’s secret may be rolling', async () => {
  const header = `t=${NOW_S},v1=${v1('whsec_old')},v1=${v1('whsec_test')},v0=abc`
  expect(await verdict(header)).toMatchObject({ kind: 'genuine' })
  const both = stripeSignature(secretOf('whsec_new', 'MANIFOLD_A'), secretOf('whsec_old', 'MANIFOLD_B'))
  expect(await verdictOf(both, webhook(`t=${NOW_S},v1=${v1('whsec_old')}`))).toMatchObject({
    kind: 'genuine',
  })
})

test.each([
  ['another scheme alone', `t=${NOW_S},v0=${v1('whsec_test')}`],
  ['no time', `v1=${v1('whsec_test')}`],
  ['two times', `t=1,t=${NOW_S},v1=${v1('whsec_test')}`],
  ['a time that is none', `t=now,v1=${v1('whsec_test', BODY, 'now')}`],
  ['no signature', `t=${NOW_S}`],
  ['an empty signature', `t=${NOW_S},v1=`],
  ['nothing', ''],
  ['another secret', `t=${NOW_S},v1=${v1('whsec_other')}`],
  ['another body', `t=${NOW_S},v1=${v1('whsec_test', '{}')}`],
  ['another time', `t=${NOW_S},v1=${v1('whsec_test', BODY, '1')}`],
])('a header with %s is refused', async (_what, header) => {
  expect(await verdict(header)).toMatchObject({ kind: 'refused' })
})

test.each([
  [-300_001, 'refused'],
  [-300_000, 'genuine'],
  [300_000, 'genuine'],
  [300_001, 'refused'],
])('%i ms from its time it is %s', async (ms, kind) => {
  expect(await verdict(`t=${NOW_S},v1=${v1('whsec_test')}`, NOW_MS + ms)).toMatchObject({ kind })
})

test('whatever byte is changed, it is refused', () =>
  expectEveryByteCounts(
    stripeSignature(secretOf('whsec_test')),
    webhook(`t=${NOW_S},v1=${v1('whsec_test')}`),
    ['Stripe-Signature'],
  ))

test('a body that is no JSON is known again by what was signed', async () => {
  const found = await verdict(`t=${NOW_S},v1=${v1('whsec_test', 'text')}`, NOW_MS, 'text')
  expect(found).toMatchObject({ kind: 'genuine', id: undefined, signed: [NOW_S, '.', Buffer.from('text')] })
})
