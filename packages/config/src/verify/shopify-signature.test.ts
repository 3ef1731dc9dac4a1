import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretOf } from '../../../../test/support/auth-request.ts'
import { expectEveryByteCounts, verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { shopifySignature } from './shopify-signature.ts'

const BODY = '{"id":820982911946154508,"email":"jon@example.com"}'
const WEBHOOK = webhookOf(BODY, {
  'X-Shopify-Hmac-Sha256': createHmac('sha256', 'hush').update(BODY).digest('base64'),
  'X-Shopify-Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
})

test('the HMAC of the body in base64 is genuine, and known again by the id of the webhook', async () => {
  expect(await verdictOf(shopifySignature(secretOf('hush')), WEBHOOK)).toMatchObject({
    kind: 'genuine',
    id: 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
  })
})

test('whatever byte is changed, it is refused', async () => {
  const verifier = shopifySignature(secretOf('hush'))
  await expectEveryByteCounts(verifier, WEBHOOK, [])
  const signature = WEBHOOK.headers['x-shopify-hmac-sha256'] ?? ''
  const headers = { ...WEBHOOK.headers, 'x-shopify-hmac-sha256': signature.toLowerCase() }
  expect(await verdictOf(verifier, { ...WEBHOOK, headers })).toMatchObject({ kind: 'refused' })
})
