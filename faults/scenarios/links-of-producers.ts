import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
import { eachFaultInTurn } from './link-faults.ts'
import type { Scenario } from './scenario.ts'

export const linksOfProducers: Scenario = {
  name: 'links-of-producers',
  title:
    'The link between producers and Redis: late, narrow, in pieces, closing slowly, reset, silent, refused; each alone, under load',
  promise: 'no false 202; callers get 503 within 2 s; intake is back within 2 s; nothing is lost',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 100 })
    await stage.until('load', () => load.accepted() > 50)
    await eachFaultInTurn({
      stage,
      link: stage.links.producersToRedis,
      load,
      onOver: async ({ accepted, refused }) => {
        const backMs = Math.round(await untilIntakeIsBack(stage))
        return `${String(accepted)} accepted, ${String(refused)} refused, intake back after ${String(backMs)} ms`
      },
    })
    await load.stop()
    expectQuickRefusals(stage)
  },
}
