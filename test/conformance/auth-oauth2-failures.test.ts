/** An authorization server that fails: the delivery is tried again, in time, and nothing is sent without a token. */
import { oauth2ClientCredentials, secret } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authTarget, deliver, eventIdOf, setStage, type Stage } from '../support/conformance.ts'
import type { Script } from '../support/scripted-api.ts'

process.env['OAUTH_FAILING_SECRET'] = 'hush-hush'

const TIMEOUT_MS = 400
const HUGE_BYTES = 50_000_000
const json = { 'content-type': 'application/json' }

let sentBytes = 0

/** A token answer that goes on for 50 MB, if it is let. */
const huge: Script = () => (response) => {
  const chunk = Buffer.alloc(65_536, 'x')
  response.writeHead(200, json).write('{"token_type":"bearer","access_token":"')
  const more = () => {
    while (sentBytes < HUGE_BYTES) {
      sentBytes += chunk.length
      if (!response.write(chunk)) return
    }
    response.end('"}')
  }
  response.on('drain', more)
  more()
}

const drip: Script = () => (response) => {
  response.writeHead(200, json).write('{"access_token":"')
  const timer = setInterval(() => response.write('x'), 50)
  response.once('close', () => {
    clearInterval(timer)
  })
}

const FAILURES: Readonly<Record<string, Script>> = {
  'hangs-for-ever': () => 'hang',
  'drips-for-ever': drip,
  'answers-50-mb': huge,
  'is-down': () => ({ status: 503 }),
  'refuses-the-client': () => ({ status: 401, headers: json, body: '{"error":"invalid_client"}' }),
  'answers-html': () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' }),
  'answers-no-json': () => ({ status: 200, headers: json, body: '{"access_token":' }),
  'answers-no-token': () => ({ status: 200, headers: json, body: '{"ok":true}' }),
  'answers-a-number': () => ({
    status: 200,
    headers: json,
    body: '{"access_token":7,"token_type":"bearer"}',
  }),
  'answers-nothing': () => ({ status: 200, headers: json }),
  redirects: ({ headers }) => ({
    status: 307,
    headers: { location: `http://${String(headers.host)}/elsewhere` },
  }),
}
const NAMES = Object.keys(FAILURES)
const EXAMPLES = [...NAMES, 'is-not-there']

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) =>
    EXAMPLES.map((name) => {
      const tokenUrl = name === 'is-not-there' ? 'http://127.0.0.1:9/token' : `${server.url}/token/${name}`
      const auth = oauth2ClientCredentials({
        tokenUrl,
        clientId: 'shop',
        clientSecret: secret('OAUTH_FAILING_SECRET'),
      })
      return { ...authTarget(server, name, auth), timeoutMs: TIMEOUT_MS }
    }),
  )
  for (const [name, script] of Object.entries(FAILURES)) stage.server.on(`/token/${name}`, script)
})

afterAll(() => stage.close())

test.each(EXAMPLES)(
  'a token endpoint that %s: retried within the deadline, and nothing is sent',
  async (name) => {
    const { api } = stage.system
    const delivery = await deliver(api, name)
    expect(delivery).toMatchObject({ status: 'dead', reason: 'exhausted', attempts: 2 })
    for (const attempt of await api.attempts(eventIdOf(delivery))) {
      expect(attempt).toMatchObject({
        outcome: 'retryable',
        reason: 'authentication-failed',
        httpStatus: null,
      })
      expect(attempt.durationMs).toBeLessThan(TIMEOUT_MS + 300)
      expect(attempt.error).not.toContain('hush-hush')
      expect(String(attempt.error)).not.toBe('')
    }
    expect(stage.server.received(`/${name}`)).toHaveLength(0)
  },
)

test('an answer of 50 MB is not read to its end', async () => {
  sentBytes = 0
  const { lastAttempt } = await deliver(stage.system.api, 'answers-50-mb')
  expect(lastAttempt?.error).toMatch(/more than \d+ bytes/)
  expect(sentBytes).toBeLessThan(HUGE_BYTES / 2)
})

test('no redirect of a token endpoint is followed: the secret stays where it belongs', () => {
  expect(stage.server.received('/elsewhere')).toHaveLength(0)
})

test('a token endpoint that has come back is asked again', async () => {
  const token = { access_token: 'token-1', token_type: 'Bearer', expires_in: 60 }
  stage.server.on(
    '/token/is-down',
    { status: 503 },
    { status: 200, headers: json, body: JSON.stringify(token) },
  )
  expect(await deliver(stage.system.api, 'is-down')).toMatchObject({ status: 'delivered', attempts: 2 })
  expect(stage.server.received('/is-down')).toMatchObject([{ headers: { authorization: 'Bearer token-1' } }])
})
