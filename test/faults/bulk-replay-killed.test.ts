/** A bulk replay survives the producer that ran it: another carries on, and nothing is replayed or counted twice. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ReplayAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'

let stage: FaultStage

beforeEach(async () => {
  stage = await setFaultStage()
})

afterEach(() => stage.close())

test('a producer killed in the middle of a bulk replay: another one completes it, each dead letter replayed once', async () => {
  const first = await stage.producer()
  await stage.worker()
  stage.sandbox.behave('alpha', '/status/400')
  const count = 20
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      first.api.post({ type: 'order.placed', data: n, targets: ['alpha'] }),
    ),
  )
  await eventually('all to be dead', async () => (await first.api.deadLetters()).length === count)
  stage.sandbox.behave('alpha', '/ok')

  // The failpoint strikes after the first letter was reopened, before anything else.
  first.kill('SIGTERM')
  await first.ended
  const doomed = await stage.producer({ MANIFOLD_FAILPOINT: 'replaying' })
  const { status, headers } = await doomed.api.call('POST', '/v1/admin/dead-letters/replay', {
    target: 'alpha',
  })
  expect(status).toBe(202)
  expect(await doomed.ended).toBe('SIGKILL')

  const { api } = await stage.producer()
  const replay = await eventually('the replay to complete', async () => {
    const answer = await api.call<ReplayAnswer>('GET', headers.get('location') ?? '')
    return answer.body.status === 'completed' ? answer.body : undefined
  })
  expect(replay).toMatchObject({ matched: count, replayed: count, failed: 0 })
  const events = await expectKept({
    ...stage,
    api,
    received: () => stage.sandbox.received(),
    accepted: answers.map((answer) => answer.body.id),
  })
  expect(events.map((event) => event.deliveries[0]?.generation)).toEqual(
    Array.from({ length: count }, () => 2),
  )
})
