/** What is let in as a webhook becomes events, each stored and delivered once; by the senders' own ways to sign. */
import { createHmac } from 'node:crypto'
import {
  defineConfig,
  defineSource,
  githubSignature,
  secret,
  slackSignature,
  standardWebhooksSignature,
  stripeSignature,
} from '@manifold/config'
import { countEvents } from '@manifold/store'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

let system: System

beforeAll(async () => {
  vi.stubEnv('TEST_SOURCE_SECRET', 'hush')
  vi.stubEnv('TEST_SOURCE_WHSEC', WHSEC)
  const hush = secret('TEST_SOURCE_SECRET')
  system = await startSystem({
    config: (sandboxUrl) =>
      defineConfig({
        targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` }],
        sources: [
          defineSource({
            path: 'github',
            verify: githubSignature(hush),
            toEvent: ({ headers, json, query }) =>
              headers['x-github-event'] === 'ping'
                ? undefined
                : {
                    type: 'github.push',
                    data: { ref: (json as { ref: string }).ref, tenant: query.get('tenant') },
                  },
          }),
          defineSource({
            path: 'pay/stripe',
            verify: stripeSignature(hush),
            toEvent: ({ json }) => ({
              type: 'stripe.event',
              id: (json as { id: string }).id,
              data: json as unknown,
            }),
          }),
          defineSource({
            path: 'chat',
            verify: slackSignature(hush),
            toEvent: ({ form }) => ({ type: 'slack.command', data: { text: form.get('text') } }),
          }),
          defineSource({
            path: 'orders',
            verify: standardWebhooksSignature(secret('TEST_SOURCE_WHSEC')),
            toEvent: ({ json }) =>
              (json as { orders: string[] }).orders.map((order) => ({
                type: 'order.placed',
                data: { order },
              })),
          }),
        ],
      }),
  })
})

afterAll(async () => {
  await system.close()
  vi.unstubAllEnvs()
})

type Answer = { readonly status: number; readonly headers: Headers; readonly text: string }

async function send(path: string, body: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${system.url}/v1/sources/${path}`, { method: 'POST', body, headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const acceptedBy = ({ text }: Answer) => (JSON.parse(text) as { accepted: string[] }).accepted

const hex = (content: string) => createHmac('sha256', 'hush').update(content).digest('hex')

const now = () => String(Math.floor(Date.now() / 1_000))

function github(body: string, delivery: string, event = 'push') {
  const headers = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${hex(body)}`,
  }
  return send('github?tenant=acme', body, headers)
}

function orders(body: string, id: string, sentMs = Date.now()) {
  return send('orders', body, {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentMs / 1_000)),
    'webhook-signature': new Webhook(WHSEC).sign(id, new Date(sentMs), body),
  })
}

/** What the target got of these events. */
function receivedOf(ids: readonly string[]) {
  return () =>
    system.sandbox
      .received()
      .filter(({ headers }) => ids.some((id) => String(headers['webhook-id']).startsWith(id)))
}

test('a signed webhook becomes an event, and is delivered', async () => {
  const answer = await github('{"ref":"main"}', 'delivery-1')
  expect(answer.status).toBe(202)
  const accepted = acceptedBy(answer)
  expect(accepted).toHaveLength(1)
  const [event] = await expectKept({ ...system, accepted, received: receivedOf(accepted) })
  expect(event).toMatchObject({ type: 'github.push', status: 'delivered' })
  expect(receivedOf(accepted)().map(({ body }) => body)).toMatchObject([
    { data: { ref: 'main', tenant: 'acme' } },
  ])
})

test('the same webhook again, late or at once, is one event; every answer names it', async () => {
  const before = await countEvents(system.store)
  const answers = await Promise.all(Array.from({ length: 20 }, () => github('{"ref":"dev"}', 'delivery-2')))
  answers.push(await github('{"ref":"dev"}', 'delivery-2'))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
  expect(new Set(answers.flatMap(acceptedBy)).size).toBe(1)
  expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1)
  expect(await countEvents(system.store)).toBe(before + 1)

  const accepted = [...new Set(answers.flatMap(acceptedBy))]
  await expectKept({ ...system, accepted, received: receivedOf(accepted) })
  expect(receivedOf(accepted)()).toHaveLength(1)
})

test('another delivery of the same body is another event; another body under one id is refused', async () => {
  const [first, second] = [
    await github('{"ref":"a"}', 'delivery-3'),
    await github('{"ref":"a"}', 'delivery-4'),
  ]
  expect(acceptedBy(first)).not.toEqual(acceptedBy(second))
  const before = await countEvents(system.store)
  const other = await github('{"ref":"b"}', 'delivery-3')
  expect(other.status).toBe(409)
  expect(other.text).toContain('event-id-taken')
  expect(await countEvents(system.store)).toBe(before)
})

test('what is not of interest is answered 204 and leaves nothing', async () => {
  const before = await countEvents(system.store)
  expect(await github('{"zen":"Keep it logically awesome."}', 'delivery-5', 'ping')).toMatchObject({
    status: 204,
    text: '',
  })
  expect(await countEvents(system.store)).toBe(before)
})

test('a sender that signs anew when it sends again is known by its id, though the rest has changed', async () => {
  const stripe = (body: string, time: string) =>
    send('pay/stripe', body, { 'stripe-signature': `t=${time},v1=${hex(`${time}.${body}`)}` })
  const first = await stripe('{"id":"evt_1","pending_webhooks":2}', now())
  const again = await stripe('{"id":"evt_1","pending_webhooks":1}', String(Number(now()) - 60))
  expect([first.status, again.status]).toEqual([202, 202])
  expect(acceptedBy(again)).toEqual(['evt_1'])
  expect(again.headers.get('idempotent-replayed')).toBe('true')
})

test('one webhook can be several events, each stored once', async () => {
  const first = await orders('{"orders":["A1","A2"]}', 'msg_1')
  const again = await orders('{"orders":["A1","A2"]}', 'msg_1', Date.now() - 60_000)
  expect(acceptedBy(first)).toHaveLength(2)
  expect(acceptedBy(again)).toEqual(acceptedBy(first))
  const accepted = acceptedBy(first)
  await expectKept({ ...system, accepted, received: receivedOf(accepted) })
  expect(await orders('{"orders":[]}', 'msg_2')).toMatchObject({ status: 204 })
})

test('a form is read as one; without an id of the sender’s, the same signed bytes are the same webhook', async () => {
  const body = 'command=%2Forder&text=two+pizzas'
  const command = (time: string) =>
    send('chat', body, {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${hex(`v0:${time}:${body}`)}`,
    })
  const time = now()
  const [first, again] = [await command(time), await command(time)]
  const later = await command(String(Number(time) - 1))
  expect(acceptedBy(again)).toEqual(acceptedBy(first))
  expect(acceptedBy(later)).not.toEqual(acceptedBy(first))
  const accepted = acceptedBy(first)
  await expectKept({ ...system, accepted, received: receivedOf(accepted) })
  expect(receivedOf(accepted)().map((request) => request.body)).toMatchObject([
    { data: { text: 'two pizzas' } },
  ])
})

test("Slack's question whether somebody is here is answered, and is no event", async () => {
  const before = await countEvents(system.store)
  const body = '{"type":"url_verification","challenge":"<b>3eZbrw1aB</b>"}'
  const time = now()
  const headers = {
    'x-slack-request-timestamp': time,
    'x-slack-signature': `v0=${hex(`v0:${time}:${body}`)}`,
  }
  const answer = await send('chat', body, headers)
  expect(answer).toMatchObject({ status: 200, text: '<b>3eZbrw1aB</b>' })
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(await countEvents(system.store)).toBe(before)
})
