import { setTimeout as wait } from 'node:timers/promises'
import { anyone } from './anyone.ts'
import type { Scenario } from './scenario.ts'

/** Attempts under way when the target is paused may end. */
const UNDER_WAY_MS = 1_000

export const targetPaused: Scenario = {
  name: 'target-paused',
  title: 'An operator pauses a target under load and lets it go on, with a worker killed meanwhile',
  promise: 'nothing reaches it while it is paused; nothing is lost; the others go on',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 100 })
    await stage.until('load', () => load.accepted() > 100)
    const resume = await stage.operator.pause('alpha')
    await wait(UNDER_WAY_MS)
    const fromMs = Date.now()
    await anyone(stage.workers()).kill()
    await stage.addWorker()
    await wait(stage.size(2_000, 10_000))
    const untilMs = Date.now()
    await resume()
    await load.stop()
    const during = stage.requests().filter(({ atMs }) => atMs > fromMs && atMs < untilMs)
    const of = (target: string) => during.filter((request) => request.target === target).length
    stage.expect(of('alpha') === 0, 'nothing while it is paused', `${String(of('alpha'))} requests came`)
    stage.expect(of('beta') > 0, 'the others go on', 'beta got nothing')
  },
}
