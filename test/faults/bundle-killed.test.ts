/** Several deliveries in one queue entry are as safe as one in each: killed with their worker, or met twice. */
import { bundleIdOf, enqueueBundled, enqueueDeliveries, MAX_BUNDLE } from '@manifold/queue'
import { confirmOutbox } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'
import { accept, refOf } from '../support/store.ts'

const SIZE = 12

let stage: FaultStage
let api: Api

beforeEach(async () => {
  stage = await setFaultStage()
  api = (await stage.producer()).api
})

afterEach(() => stage.close())

const received = () => stage.sandbox.received()

const refsOf = (ids: readonly string[]) => ids.map((id) => refOf(id, 'alpha'))

/** Accepts events as a producer under load does: their deliveries share one queue entry. */
async function acceptBundle(): Promise<string[]> {
  const ids: string[] = []
  for (let count = 0; count < SIZE; count++) ids.push(await accept(stage.store, { targets: ['alpha'] }))
  await enqueueBundled(stage.queues, refsOf(ids), () => MAX_BUNDLE)
  expect(await stage.queues.of('alpha').getJob(bundleIdOf(refsOf(ids)))).toBeDefined()
  await confirmOutbox(
    stage.store,
    ids.map((eventId) => ({ kind: 'event', eventId })),
  )
  return ids
}

test.each([
  ['claimed', 'before any request', SIZE],
  ['sent', "after the first target's 200, before settling", SIZE * 2],
  ['settled', 'after settling the first', SIZE * 2],
])(
  'a worker killed when its bundle is %s, %s, is taken over: nothing is lost',
  async (point, _when, most) => {
    const accepted = await acceptBundle()
    const doomed = await stage.worker({ MANIFOLD_FAILPOINT: point })
    expect(await doomed.ended).toBe('SIGKILL')
    await stage.worker()
    const events = await expectKept({ ...stage, api, received, accepted, crashed: true })
    expect(events.map(({ status }) => status)).toEqual(accepted.map(() => 'delivered'))
    const keys = received().map((request) => request.headers['idempotency-key'])
    expect(new Set(keys)).toEqual(new Set(accepted.map((id) => `${id}-alpha`)))
    expect(keys.length).toBeLessThanOrEqual(most)
  },
)

test('deliveries that are in a bundle and in entries of their own are attempted once', async () => {
  stage.sandbox.behave('alpha', '/delay/500')
  const accepted = await acceptBundle()
  await stage.worker()
  await eventually('the bundle to be under way', () => received().length === SIZE)
  // As the relay does when the producer's confirmation was lost.
  await enqueueDeliveries(stage.queues, refsOf(accepted))
  await stage.worker()
  await expectKept({ ...stage, api, received, accepted })
  expect(received()).toHaveLength(SIZE)
})
