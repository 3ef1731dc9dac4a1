import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
import { refusals } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

/** No part hears of Redis for so long, and callers are told. @returns how long intake took to be back */
export async function silence(stage: Stage, forMs: number): Promise<number> {
  const { producersToRedis, workersToRedis } = stage.links
  const both = [producersToRedis, workersToRedis]
  const count = () => both.map((link) => link.bites('black-hole'))
  const [refused, bites] = [refusals(stage), count()]
  const ends = await Promise.all(both.map((link) => link.fail({ kind: 'black-hole' })))
  await wait(forMs)
  await Promise.all(ends.map((end) => end()))
  stage.expect(refusals(stage) > refused, 'callers are told while it is silent', 'no post was refused')
  stage.expect(
    count().every((now, index) => now > (bites[index] ?? 0)),
    'the hole swallows something of producers and of workers',
    `swallowed so far: ${count().join(' and ')}`,
  )
  return untilIntakeIsBack(stage)
}

export const redisSilent: Scenario = {
  name: 'redis-silent',
  title: 'Black hole between all parts and Redis under load',
  promise: 'callers get 503 within 2 s; intake is back within 2 s of Redis; nothing is lost',
  run: async (stage) => {
    const forMs = stage.size(4_000, 20_000)
    const load = stage.load({ eventsPerSecond: 200 })
    await stage.until('load', () => load.accepted() > 200)
    const backMs = await silence(stage, forMs)
    const before = load.accepted()
    await stage.until('load after it', () => load.accepted() > before + 200)
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`silent for ${String(forMs / 1_000)} s, intake back after ${String(Math.round(backMs))} ms`)
  },
}
