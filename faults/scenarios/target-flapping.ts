import { setTimeout as wait } from 'node:timers/promises'
import { POLICY } from '../oracle/policy.ts'
import type { Scenario } from './scenario.ts'

const FLAP_MS = 1_000
const LOOK_MS = 50

export const targetFlapping: Scenario = {
  name: 'target-flapping',
  title: 'A target that is up for a second and down for a second, with a breaker that opens',
  promise: 'everything arrives, once; the other targets notice nothing',
  stage: {
    policy: {
      retry: { ...POLICY.retry, maxAttempts: 100 },
      breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 2_000, openMs: 500 },
    },
  },
  run: async (stage) => {
    await stage.receiver.behave('alpha', {
      kind: 'flap',
      everyMs: FLAP_MS,
      answers: [
        { kind: 'status', status: 200 },
        { kind: 'status', status: 503 },
      ],
    })
    const load = stage.load({ eventsPerSecond: 100 })
    const states = new Set<string>()
    const endMs = performance.now() + stage.size(6_000, 20_000)
    while (performance.now() < endMs) {
      states.add(await stage.operator.breaker('alpha'))
      await wait(LOOK_MS)
    }
    await load.stop()
    const requests = stage.requests()
    const of = (target: string) => requests.filter((request) => request.target === target)
    const answered = (status: number) => of('alpha').filter((request) => request.status === status)
    stage.expect(states.has('open'), 'its breaker opens', `it was only ${[...states].join(', ')}`)
    const [up, down] = [answered(200), answered(503)]
    const secondOf = ({ atMs }: { readonly atMs: number }) => Math.floor(atMs / FLAP_MS)
    const downAt = new Set(down.map(secondOf))
    stage.expect(downAt.size > 1 && up.length > 0, 'it flaps', `it was down ${String(downAt.size)} times`)
    for (const target of ['beta', 'gamma']) {
      const meanwhile = of(target).filter((request) => downAt.has(secondOf(request)))
      stage.expect(meanwhile.length > 0, 'the others go on meanwhile', `${target} got nothing`)
      const deliveries = new Set(of(target).map(({ deliveryId }) => deliveryId)).size
      stage.expect(
        of(target).length === deliveries,
        'the others notice nothing',
        `${target} got ${String(of(target).length)} requests for ${String(deliveries)} deliveries`,
      )
    }
    const flaps = downAt.size
    stage.note(`down ${String(flaps)} times, ${String(down.length)} × 503; breaker ${[...states].join(', ')}`)
  },
}
