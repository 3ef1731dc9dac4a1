/** A delivery that ends every worker that tries it is found, and buried alone: the queue goes on, and nobody else is blamed. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { expectFoundAlone, MOST_CRASHES, setPoisonStage, type PoisonStage } from '../support/poison.ts'

let stage: PoisonStage

beforeEach(async () => {
  stage = await setPoisonStage()
})
afterEach(() => stage.close())

test('one of many that ends its worker is dead as invalid after three workers; the others are delivered', async () => {
  await expectFoundAlone(stage, 'exit', 60)
}, 120_000)

test('workers killed again and again with a slow delivery in hand bury nothing', async () => {
  stage.sandbox.behave('alpha', '/hang')
  const id = await stage.post({})
  const supervisor = stage.supervise()
  // Twice as often as it takes to be suspected: then it is tried in a process of its own, which ends with its worker.
  for (let kill = 1; kill <= 2 * MOST_CRASHES; kill++) {
    await eventually('the request to arrive', () => stage.sandbox.received().length >= kill)
    const killed = supervisor.current()
    killed?.kill('SIGKILL')
    await killed?.ended
  }
  stage.sandbox.behave('alpha', '/ok')
  const [event] = await stage.kept([id])
  expect(event?.status).toBe('delivered')
}, 60_000)
