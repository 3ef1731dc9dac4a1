/** Targets as an operator sees them: state, pause and resume; secrets never. */
import { bearer, secret } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

const TOKEN = 'a-very-secret-token'

let system: System

type TargetAnswer = {
  name: string
  paused: boolean
  inFlight: number
  queue: { waiting: number; delayed: number; dead: number }
  lastMinute: Record<string, number>
  settings: Record<string, unknown>
}

beforeAll(async () => {
  process.env['TARGETS_TEST_TOKEN'] = TOKEN
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [
        {
          name: 'crm',
          subscribe: ['**'],
          url: `${sandboxUrl}/t/crm/ok`,
          auth: bearer(secret('TARGETS_TEST_TOKEN')),
          concurrency: 2,
        },
      ],
    }),
  })
})

afterAll(() => system.close())

async function crm(): Promise<TargetAnswer> {
  return (await system.api.call<TargetAnswer>('GET', '/v1/admin/targets/crm')).body
}

test('a paused target attempts nothing and loses nothing; resumed, it delivers all', async () => {
  expect((await system.api.call('POST', '/v1/admin/targets/crm/pause')).body).toMatchObject({ paused: true })
  const answers = await Promise.all([1, 2, 3].map((n) => system.api.post({ type: 'a.b', data: n })))
  await eventually('all to wait', async () => (await crm()).queue.waiting === 3)
  expect(system.sandbox.received('crm')).toHaveLength(0)

  expect((await system.api.call('POST', '/v1/admin/targets/crm/resume')).body).toMatchObject({
    paused: false,
  })
  const accepted = answers.map((answer) => answer.body.id)
  await expectKept({ ...system, accepted, received: () => system.sandbox.received() })
  expect((await crm()).lastMinute).toMatchObject({ delivered: 3 })
})

test('pausing twice, and resuming what runs, change nothing', async () => {
  for (const step of ['pause', 'pause', 'resume', 'resume']) {
    expect((await system.api.call('POST', `/v1/admin/targets/crm/${step}`)).status).toBe(200)
  }
  expect((await crm()).paused).toBe(false)
})

test('the list shows every setting but no secret', async () => {
  const { body } = await system.api.call<{ items: TargetAnswer[] }>('GET', '/v1/admin/targets')
  expect(body.items).toMatchObject([
    {
      name: 'crm',
      settings: { auth: 'bearer', concurrency: 2, timeoutMs: 15_000, retry: { maxAttempts: 8 } },
    },
  ])
  expect(JSON.stringify(body)).not.toContain(TOKEN)
})

test('the receiver gets the token; no log line, answer or metric holds it', async () => {
  const { body } = await system.api.post({ type: 'a.b', data: 1 })
  const request = await eventually('the request', () =>
    system.sandbox.received('crm').find((one) => one.headers['webhook-id'] === `${body.id}-crm`),
  )
  expect(request.headers.authorization).toBe(`Bearer ${TOKEN}`)
  const attempts = JSON.stringify(await system.api.attempts(body.id))
  const metrics = await (await fetch(`${system.url}/metrics`)).text()
  expect(JSON.stringify(system.logs()) + attempts + metrics).not.toContain(TOKEN)
})
