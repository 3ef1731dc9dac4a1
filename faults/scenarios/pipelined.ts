import { TARGETS } from '../stage/targets.ts'
import { dial, requestBytes } from './wire.ts'
import type { Scenario } from './scenario.ts'

const PIPELINED = 50

export const pipelined: Scenario = {
  name: 'pipelined',
  title: 'Requests pipelined on one connection',
  promise: 'each is answered, in order, and taken once',
  run: async (stage) => {
    for (let round = 0; round < stage.size(3, 20); round++) {
      const events = Array.from({ length: PIPELINED }, (_, n) => ({
        key: `pipelined-${String(round)}-${String(n)}`,
        targets: TARGETS,
      }))
      const [producer] = stage.producers()
      const socket = await dial(producer?.port ?? 0)
      let answer = ''
      socket.on('data', (chunk) => (answer += chunk.toString()))
      socket.write(events.map(requestBytes).join(''))
      const ids = () => [...answer.matchAll(/HTTP\/1\.1 202[^{]*\{"id":"([^"]+)"/g)].map(([, id]) => id)
      await stage.until('every answer', () => ids().length === PIPELINED)
      socket.destroy()
      const again = await Promise.all(events.map((event) => stage.post(event)))
      stage.expect(again.join() === ids().join(), 'answers in order', 'the ids came in another order')
    }
  },
}
