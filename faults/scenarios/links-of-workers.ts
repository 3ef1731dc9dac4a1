import { TAKEOVER_MARGIN_MS } from '../oracle/policy.ts'
import { eachFaultInTurn } from './link-faults.ts'
import type { Scenario } from './scenario.ts'

export const linksOfWorkers: Scenario = {
  name: 'links-of-workers',
  title:
    'The link between workers and Redis: late, narrow, in pieces, closing slowly, reset, silent, refused; each alone, under load',
  promise:
    'callers notice nothing; nothing is lost; workers go on within their timeout and 15 s, and only what was in flight comes twice',
  // A link that is slower than a lock lasts looks like a dead worker.
  stage: { environment: { MANIFOLD_LOCK_MS: '5000' } },
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 100 })
    await stage.until('load', () => load.accepted() > 50)
    const limitMs = stage.policy.timeoutMs + TAKEOVER_MARGIN_MS
    await eachFaultInTurn({
      stage,
      link: stage.links.workersToRedis,
      load,
      onOver: async ({ fault, fromMs, untilMs, accepted, refused }) => {
        const came = () => stage.requests().filter(({ atMs }) => atMs > untilMs)
        await stage.until(`deliveries after ${fault}`, () => came().length > 0, limitMs)
        const during = stage.requests().filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs).length
        const backMs = Math.min(...came().map(({ atMs }) => atMs)) - untilMs
        stage.expect(refused === 0, 'callers notice nothing', `${String(refused)} posts refused: ${fault}`)
        stage.expect(accepted > 0, 'intake goes on', `nothing accepted: ${fault}`)
        return `${String(during)} requests, going on after ${String(backMs)} ms`
      },
    })
    await load.stop()
  },
}
