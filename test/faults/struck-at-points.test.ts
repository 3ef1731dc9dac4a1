/**
 * Parts killed at the points that no other fault test strikes at, one after the other on one stage; what they leave behind is
 * made good by one that is not armed, and judged once. The fault suite strikes at every point, under load.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'

let stage: FaultStage

beforeEach(async () => {
  stage = await setFaultStage()
})

afterEach(() => stage.close())

const received = () => stage.sandbox.received()

test('workers killed during the request, and around what the queue is told of it, leave nothing undone', async () => {
  const { api } = await stage.producer()
  const rows = [
    { point: 'during', target: 'alpha' },
    { point: 'before:settle-deliveries', target: 'alpha' },
    { point: 'ending', target: 'alpha' },
    { point: 'ended', target: 'alpha' },
    { point: 'burying', target: 'beta' },
    { point: 'buried', target: 'beta' },
  ]
  stage.sandbox.behave('alpha', '/ok')
  stage.sandbox.behave('beta', '/status/400')
  const accepted: string[] = []
  for (const { point, target } of rows) {
    const doomed = await stage.worker({ MANIFOLD_FAILPOINT: point }, [target])
    const { body } = await api.post({ type: 'order.placed', data: point, targets: [target] })
    accepted.push(body.id)
    // It may be struck with what the one before has left behind: then its own is done at the end.
    expect(await doomed.ended, point).toBe('SIGKILL')
  }
  await stage.worker({}, ['alpha', 'beta'])
  const events = await expectKept({ ...stage, api, received, accepted, crashed: true })
  const ends = events.map(({ deliveries }) => deliveries[0]?.status)
  expect(ends).toEqual(['delivered', 'delivered', 'delivered', 'delivered', 'dead', 'dead'])
}, 60_000)

test('producers killed behind a script, before anybody is told of it, leave nothing undone', async () => {
  const first = await stage.producer()
  await stage.worker({}, ['alpha'])
  stage.sandbox.behave('alpha', '/status/400')
  const posts = ['replayed', 'replayed too', 'discarded'].map((data) =>
    first.api.post({ type: 'order.placed', data, targets: ['alpha'] }),
  )
  const [replayed = '', replayedToo = '', discarded = ''] = (await Promise.all(posts)).map(
    ({ body }) => body.id,
  )
  const put = await first.api.post({
    type: 'order.placed',
    data: 'put off',
    targets: ['alpha'],
    delayMs: 60_000,
  })
  const cancelled = put.body.id
  await eventually('three dead letters', async () => (await first.api.deadLetters()).length === 3)
  stage.sandbox.behave('alpha', '/ok')

  const event = { type: 'order.placed', data: 'new', targets: ['alpha'] }
  const key = { 'idempotency-key': 'order-A1' }
  const rows: [point: string, method: string, path: string][] = [
    // First: the relay of a later one passes it with what the one before left behind.
    ['reconciled', 'POST', `/v1/admin/dead-letters/${replayed}-alpha/replay`],
    ['after:reopen-delivery', 'POST', `/v1/admin/dead-letters/${replayedToo}-alpha/replay`],
    ['after:discard-delivery', 'DELETE', `/v1/admin/dead-letters/${discarded}-alpha`],
    ['after:cancel-event', 'DELETE', `/v1/events/${cancelled}`],
    ['after:accept-event', 'POST', '/v1/events'],
  ]
  for (const [point, method, path] of rows) {
    const doomed = await stage.producer({ MANIFOLD_FAILPOINT: point })
    const asked = path === '/v1/events' ? doomed.api.post(event, key) : doomed.api.call(method, path)
    await expect(asked, point).rejects.toThrow()
    expect(await doomed.ended, point).toBe('SIGKILL')
  }

  const again = await first.api.post(event, key)
  expect(again.status).toBe(202)
  const accepted = [replayed, replayedToo, again.body.id]
  const events = await expectKept({ ...stage, api: first.api, received, accepted })
  expect(events.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered'])
  expect((await first.api.event(discarded)).deliveries).toMatchObject([{ status: 'discarded' }])
  expect((await first.api.event(cancelled)).deliveries).toMatchObject([{ status: 'cancelled' }])
  // Its job would be there for a minute if nobody had taken it away.
  const own = received().filter(({ headers }) => headers['webhook-id'] === `${cancelled}-alpha`)
  expect(own).toEqual([])
}, 60_000)
