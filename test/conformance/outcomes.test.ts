/** What each answer comes to: by the default table, and as a target judges it. */
import { bearer, delivered, permanent, retryable, secret, throttled } from '@manifold/config'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver, post, QUICK, reached, setStage, type Stage } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'

process.env['OUTCOME_TOKEN'] = 'token'

type Answer = { error?: string } | undefined

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => {
    const at = (name: string) => ({ ...QUICK, name, url: `${server.url}/${name}` })
    return [
      at('plain'),
      { ...at('fixed-token'), auth: bearer(secret('OUTCOME_TOKEN')) },
      at('leaving'),
      {
        ...at('judged'),
        classify: ({ status, headers, json }) => {
          const { error } = (json as Answer) ?? {}
          if (headers['x-already'] === 'yes') return delivered('already-there')
          if (status === 404) return retryable('not-yet', 20)
          if (error === 'slow down') return throttled(30)
          return error === undefined ? undefined : permanent(error)
        },
      },
      {
        ...at('misjudged'),
        classify: () => {
          throw new Error('a judge with a bug')
        },
      },
      {
        ...at('untransformable'),
        body: ({ data }) => ({ total: (data as { order: { total: number } }).order.total }),
      },
      { ...at('bad-header'), headers: () => ({ 'x-name': 'a\r\nx-admin: yes' }) },
    ]
  })
})

afterAll(() => stage.close())

describe('by status', () => {
  test.each([
    [200, 'delivered', null, 1],
    [201, 'delivered', null, 1],
    [202, 'delivered', null, 1],
    [204, 'delivered', null, 1],
    [301, 'dead', 'rejected', 1],
    [302, 'dead', 'rejected', 1],
    [304, 'dead', 'rejected', 1],
    [307, 'dead', 'rejected', 1],
    [308, 'dead', 'rejected', 1],
    [400, 'dead', 'rejected', 1],
    [401, 'dead', 'rejected', 1],
    [403, 'dead', 'rejected', 1],
    [404, 'dead', 'rejected', 1],
    [409, 'dead', 'rejected', 1],
    [422, 'dead', 'rejected', 1],
    [408, 'dead', 'exhausted', 2],
    [425, 'dead', 'exhausted', 2],
    [429, 'dead', 'exhausted', 2],
    [500, 'dead', 'exhausted', 2],
    [502, 'dead', 'exhausted', 2],
    [503, 'dead', 'exhausted', 2],
    [504, 'dead', 'exhausted', 2],
  ])('%i: %s, %s, after %i attempts', async (code, status, reason, attempts) => {
    const { server, system } = stage
    const before = server.received('/plain').length
    server.on('/plain', { status: code, headers: { location: `${server.url}/elsewhere` } })
    expect(await deliver(system.api, 'plain')).toMatchObject({
      status,
      reason,
      attempts,
      lastAttempt: { httpStatus: code, reason: `http-${String(code)}` },
    })
    expect(server.received('/plain')).toHaveLength(before + attempts)
    expect(server.received('/elsewhere')).toHaveLength(0)
  })

  test('a 401 to a token that cannot be renewed is final: no second request', async () => {
    stage.server.on('/fixed-token', { status: 401 })
    expect(await deliver(stage.system.api, 'fixed-token')).toMatchObject({ reason: 'rejected', attempts: 1 })
    expect(stage.server.received('/fixed-token')).toHaveLength(1)
  })
})

test('410: dead as gone, and the target is paused, marked and loudly logged until somebody resumes it', async () => {
  const { server, system } = stage
  server.on('/leaving', { status: 410 })
  expect(await deliver(system.api, 'leaving')).toMatchObject({ status: 'dead', reason: 'gone', attempts: 1 })
  const path = '/v1/admin/targets/leaving'
  await eventually('the target to be paused', async () => {
    const { body } = await system.api.call<{ gone: boolean; paused: boolean }>('GET', path)
    return body.gone && body.paused
  })
  expect(
    await eventually('the log line', () => system.logs().find((line) => line['level'] === 'fatal')),
  ).toMatchObject({
    target: 'leaving',
  })

  server.on('/leaving', { status: 200 })
  const waiting = await post(system.api, 'leaving')
  expect(await deliver(system.api, 'fixed-token')).toMatchObject({ attempts: 1 })
  expect(server.received('/leaving')).toHaveLength(1)
  const { body } = await system.api.call('POST', `${path}/resume`)
  expect(body).toMatchObject({ gone: false, paused: false })
  expect(await reached(system.api, waiting, 'delivered')).toMatchObject({ attempts: 1 })
})

describe('a target that judges for itself', () => {
  const json = (body: object, status = 200) => ({ status, body: JSON.stringify(body) })

  test('by a header: delivered, whatever the status', async () => {
    stage.server.on('/judged', { status: 500, headers: { 'X-Already': 'yes' } })
    expect(await deliver(stage.system.api, 'judged')).toMatchObject({
      status: 'delivered',
      lastAttempt: { httpStatus: 500, outcome: 'delivered', reason: 'already-there' },
    })
  })

  test('by the status: retryable', async () => {
    stage.server.on('/judged', { status: 404 }, { status: 200 })
    expect(await deliver(stage.system.api, 'judged')).toMatchObject({ status: 'delivered', attempts: 2 })
  })

  test('by the body of a 200: permanent', async () => {
    stage.server.on('/judged', json({ error: 'no such customer' }))
    expect(await deliver(stage.system.api, 'judged')).toMatchObject({
      status: 'dead',
      reason: 'rejected',
      lastAttempt: { httpStatus: 200, outcome: 'permanent', reason: 'no such customer' },
    })
  })

  test('by the body of a 200: throttled, at no cost', async () => {
    const slow = json({ error: 'slow down' })
    stage.server.on('/judged', slow, slow, slow, { status: 200 })
    expect(await deliver(stage.system.api, 'judged')).toMatchObject({ status: 'delivered', attempts: 4 })
  })

  test.each([
    [200, 'delivered'],
    [422, 'dead'],
  ])('not at all: the default table has a %i %s', async (code, status) => {
    stage.server.on('/judged', { status: code, body: 'no JSON' })
    expect(await deliver(stage.system.api, 'judged')).toMatchObject({ status, attempts: 1 })
  })

  test('with a bug: dead as invalid, not sent again, and the worker lives on', async () => {
    expect(await deliver(stage.system.api, 'misjudged')).toMatchObject({
      status: 'dead',
      reason: 'invalid',
      attempts: 1,
      lastAttempt: { httpStatus: 200, reason: 'classify-failed' },
    })
  })
})

test.each([
  ['untransformable', 'transform-failed', /Cannot read properties of undefined/],
  ['bad-header', 'bad-header', /x-name holds a line break/],
])(
  'a transform that fails is dead as invalid, nothing is sent, the worker lives on: %s',
  async (name, reason, error) => {
    const { lastAttempt, ...delivery } = await deliver(stage.system.api, name)
    expect(delivery).toMatchObject({ status: 'dead', reason: 'invalid', attempts: 1 })
    expect(lastAttempt).toMatchObject({ outcome: 'permanent', reason, httpStatus: null })
    expect(lastAttempt?.error).toMatch(error)
    expect(stage.server.received(`/${name}`)).toHaveLength(0)
    stage.server.on('/plain', { status: 200 })
    expect(await deliver(stage.system.api, 'plain')).toMatchObject({ status: 'delivered' })
  },
)
