import { createHmac } from 'node:crypto'
import type { UnverifiedWebhook } from '@manifold/domain'
import { expect, test } from 'vitest'
import { NOW_MS, secretOf } from '../../../../test/support/auth-request.ts'
import { expectEveryByteCounts, NOW_S, verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { slackSignature } from './slack-signature.ts'

// docs.slack.dev, "Verifying requests from Slack".
const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const SENT_S = 1_531_420_618
const WEBHOOK = webhookOf(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
    '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
    '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
    '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  {
    'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    'X-Slack-Request-Timestamp': String(SENT_S),
  },
)

function signed(body: string): UnverifiedWebhook {
  const hmac = createHmac('sha256', SECRET).update(`v0:${NOW_S}:${body}`).digest('hex')
  return webhookOf(body, { 'X-Slack-Signature': `v0=${hmac}`, 'X-Slack-Request-Timestamp': NOW_S })
}

test("Slack's documented example is genuine at its time", async () => {
  const verdict = await verdictOf(slackSignature(secretOf(SECRET)), WEBHOOK, SENT_S * 1_000)
  expect(verdict).toMatchObject({ kind: 'genuine', id: undefined })
})

test.each([
  [-301, 'refused'],
  [-300, 'genuine'],
  [300, 'genuine'],
  [301, 'refused'],
])('%i seconds from its time it is %s', async (seconds, kind) => {
  const verdict = await verdictOf(slackSignature(secretOf(SECRET)), WEBHOOK, (SENT_S + seconds) * 1_000)
  expect(verdict).toMatchObject({ kind })
})

test('whatever byte is changed, it is refused', () =>
  expectEveryByteCounts(
    slackSignature(secretOf(SECRET)),
    WEBHOOK,
    ['X-Slack-Signature', 'X-Slack-Request-Timestamp'],
    SENT_S * 1_000,
  ))

test('an event is known again by its event_id', async () => {
  const verdict = await verdictOf(slackSignature(secretOf(SECRET)), signed('{"event_id":"Ev08MFMKH6"}'))
  expect(verdict).toMatchObject({ kind: 'genuine', id: 'Ev08MFMKH6' })
})

test('the challenge of a URL verification is answered, if it is signed', async () => {
  const verifier = slackSignature(secretOf(SECRET))
  const webhook = signed('{"type":"url_verification","challenge":"3eZbrw1aB"}')
  expect(await verdictOf(verifier, webhook)).toEqual({ kind: 'handshake', answer: '3eZbrw1aB' })
  const forged = { ...webhook, headers: { ...webhook.headers, 'x-slack-signature': 'v0=00' } }
  expect(await verdictOf(verifier, forged)).toMatchObject({ kind: 'refused' })
  expect(await verdictOf(verifier, webhook, NOW_MS + 400_000)).toMatchObject({ kind: 'refused' })
})
