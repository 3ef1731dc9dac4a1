/** What is kept of an attempt: nothing that is secret, whatever the target says. */
import { custom, resolveConfig } from '@manifold/config'
import { permanent, type HttpTarget } from '@manifold/domain'
import type { Claim } from '@manifold/store'
import { describe, expect, test } from 'vitest'
import { secretOf } from '../../../test/support/auth-request.ts'
import { clientWith, serve } from '../../../test/support/scripted-server.ts'
import { attempt } from './attempt.ts'

const SESSION = 'se/ss "ion"+8842'

const claim = {
  event: {
    id: 'evt_1',
    type: 'order.placed',
    source: 'shop',
    subject: undefined,
    time: '2026-01-31T09:30:00Z',
    data: {},
  },
  trace: { traceId: '0af7651916cd43dd8448eb211c80319c', flags: '01' },
  attempts: 0,
} as Claim

/** As one that asked a service for a session of its own: no secret() knows of it. */
const inSession = custom((request) => ({
  ...request,
  headers: { ...request.headers, 'x-session': SESSION },
}))

type Options = Partial<Pick<HttpTarget, 'classify' | 'maxResponseBytes' | 'captureResponse'>>

/** One attempt at a target that answers so, and what of it is kept. */
async function tried(options: Options, answer: string, status = 200) {
  const url = await serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer)
  })
  const config = resolveConfig('test', {
    targets: [{ name: 'crm', url, allowPrivateNetwork: true, auth: inSession, ...options }],
  })
  const [target] = config.targets
  if (target === undefined) throw new Error('one target was configured')
  const deps = {
    target,
    client: clientWith(target),
    userAgent: 'test',
    now: Date.now,
    redisNow: Date.now,
    handlerLogger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  }
  const ref = { eventId: 'evt_1', target: 'crm', generation: 1 }
  return attempt(deps, ref, claim, new AbortController().signal)
}

describe('a session that authentication made up is hidden', () => {
  test('in the answer that is kept', async () => {
    const answer = JSON.stringify({ seen: SESSION, [SESSION]: [{ for: `all of ${SESSION}!` }], n: 1 })
    expect(await tried({ captureResponse: true }, answer)).toMatchObject({
      httpStatus: 200,
      response: { body: { seen: '[secret]', '[secret]': [{ for: 'all of [secret]!' }], n: 1 } },
    })
  })

  test('in the reason of a classification, whatever it begins with', async () => {
    for (const start of ['no: ', 'http-'])
      expect(await tried({ classify: ({ text }) => permanent(start + text) }, SESSION)).toMatchObject({
        outcome: { kind: 'permanent', reason: `${start}[secret]` },
      })
  })

  test('and not in an answer that says nothing of it, whose reason is our own', async () => {
    expect(await tried({ captureResponse: true }, '{"order":[17,null]}')).toMatchObject({
      outcome: { kind: 'delivered', reason: 'http-200' },
      error: undefined,
      exchange: undefined,
      response: { contentType: 'application/json', body: { order: [17, null] }, truncated: false },
    })
  })
})

describe('of the answer that is kept', () => {
  test.each([
    ['with / escaped, as PHP does', (json: string) => json.replaceAll('/', '\\/')],
    ['in code points throughout', (json: string) => json.replaceAll('ion', '\\u0069\\u006F\\u006e')],
  ])('JSON is searched as what it says: %s', async (_how, write) => {
    const kept = await tried({ captureResponse: true }, write(JSON.stringify({ key: SESSION })))
    expect(kept).toMatchObject({ response: { body: { key: '[secret]' } } })
  })

  test('a secret that is a number is hidden, in text', async () => {
    secretOf('88421234567890123456').reveal()
    const kept = await tried({ captureResponse: true }, '{"key":88421234567890123456}')
    expect(kept).toMatchObject({ response: { body: '{"key":[secret]}' } })
  })

  test('a secret over the place where it was cut off leaves no beginning', async () => {
    const answer = `the session is ${SESSION}, and more`
    for (const maxResponseBytes of [20, 24, 28])
      expect(await tried({ captureResponse: true, maxResponseBytes }, answer)).toMatchObject({
        response: { body: 'the session is [secret]', truncated: true },
      })
  })
})
