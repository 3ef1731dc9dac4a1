import type { Fault } from '../proxy/fault.ts'
import { POLICY } from '../oracle/policy.ts'
import type { RequestLine } from '../oracle/receiver-log.ts'
import { eachFaultInTurn } from './link-faults.ts'
import type { Scenario } from './scenario.ts'

/** What only slows a link down fails no attempt. */
const SLOW: ReadonlySet<Fault['kind']> = new Set(['latency', 'bandwidth', 'partial'])

/** Nothing comes through. */
const SHUT: ReadonlySet<Fault['kind']> = new Set(['black-hole', 'refuse'])

/** What was under way when the link was shut. */
const UNDER_WAY_MS = 100

export const linksOfTargets: Scenario = {
  name: 'links-of-targets',
  title:
    'The link between workers and targets: late, narrow, in pieces, closing slowly, reset, silent, refused; each alone, under load',
  promise:
    'slowness fails no attempt; what is cut is an attempt and is tried again under the same id; nothing is lost; callers notice nothing',
  stage: { policy: { timeoutMs: 2_000, retry: { ...POLICY.retry, maxAttempts: 100 } } },
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 50 })
    await stage.until('load', () => load.accepted() > 50)
    await eachFaultInTurn({
      stage,
      link: stage.links.workersToTargets,
      load,
      onOver: async ({ fault, fromMs, untilMs, refused }) => {
        await stage.until('deliveries after it', () => stage.requests().some(({ atMs }) => atMs > untilMs))
        const between = (from: number, until: number) =>
          stage.requests().filter(({ atMs }) => atMs >= from && atMs <= until)
        const during = between(fromMs, untilMs)
        const cut = during.filter(isCut).length
        if (SLOW.has(fault)) {
          stage.expect(during.length > 0, 'slow is not shut', `nothing came: ${fault}`)
          stage.expect(cut === 0, 'slowness fails no attempt', `${String(cut)} were cut: ${fault}`)
        }
        if (SHUT.has(fault)) {
          const through = between(fromMs + UNDER_WAY_MS, untilMs - UNDER_WAY_MS).length
          stage.expect(through === 0, 'the fault is one', `${String(through)} requests came: ${fault}`)
        }
        // Its answer was on the way, as far as the receiver knows.
        if (fault === 'reset')
          await stage.until('what a reset cut to be tried again', () => {
            const hit = new Set(during.map(({ deliveryId }) => deliveryId))
            const tried = stage.requests().filter(({ deliveryId }) => hit.has(deliveryId))
            return tried.length > hit.size
          })
        stage.expect(refused === 0, 'callers notice nothing', `${String(refused)} posts refused: ${fault}`)
        return `${String(during.length)} requests, ${String(cut)} cut`
      },
    })
    await load.stop()
  },
}

function isCut({ status }: RequestLine): boolean {
  return status === null
}
