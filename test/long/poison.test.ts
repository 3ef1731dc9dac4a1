/** The other ways in which a delivery ends its worker, and what a replay of it comes to. test/faults/poison.test.ts has the first. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectFoundAlone, setPoisonStage, type PoisonStage } from '../support/poison.ts'

let stage: PoisonStage

beforeEach(async () => {
  stage = await setPoisonStage()
})
afterEach(() => stage.close())

test.each(['throw-later', 'never-end'])(
  'one of many that ends its worker by %s is dead as invalid after three workers; the others are delivered',
  (how) => expectFoundAlone(stage, how, 10),
  120_000,
)

test('a replay gives the poison one a new chance, which costs no worker', async () => {
  const id = await stage.post({ how: 'exit' })
  const supervisor = stage.supervise()
  const replay = async () => {
    const path = `/v1/admin/dead-letters/${id}-alpha/replay`
    expect(await stage.api.call('POST', path)).toMatchObject({ status: 202 })
    return stage.settled(id)
  }
  expect(await stage.settled(id)).toMatchObject({ deliveries: [{ status: 'dead', reason: 'invalid' }] })
  const crashes = supervisor.crashes()
  expect(await replay()).toMatchObject({
    deliveries: [{ status: 'dead', reason: 'invalid', generation: 2 }],
  })
  stage.sandbox.behave('alpha', '/status/201')
  expect(await replay()).toMatchObject({ deliveries: [{ status: 'delivered', generation: 3 }] })
  expect(supervisor.crashes()).toBe(crashes)
}, 60_000)
