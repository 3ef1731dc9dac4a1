import { dial, requestBytes } from './wire.ts'
import type { Scenario } from './scenario.ts'

export const halfSent: Scenario = {
  name: 'half-sent',
  title: 'Callers that vanish in the middle of their body, under load',
  promise: 'nothing of it is taken; the others notice nothing',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 100 })
    const [producer] = stage.producers()
    for (let caller = 0; caller < stage.size(50, 500); caller++) {
      const bytes = requestBytes({ key: `half-${String(caller)}`, targets: ['alpha'] })
      const socket = await dial(producer?.port ?? 0)
      socket.write(bytes.slice(0, bytes.length - 1 - (caller % 100)))
      if (caller % 2 === 0) socket.end()
      else socket.resetAndDestroy()
    }
    await stage.until('load', () => load.accepted() > stage.size(100, 1_000))
    await load.stop()
    const taken = stage.requests().filter(({ key }) => key.startsWith('half-'))
    stage.expect(taken.length === 0, 'nothing of it is taken', `${String(taken.length)} were delivered`)
    const refused = [...stage.refusals().values()].reduce((sum, count) => sum + count, 0)
    stage.expect(refused === 0, 'no refusal', `${String(refused)} posts were refused`)
  },
}
