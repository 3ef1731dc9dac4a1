import { TARGETS } from '../stage/targets.ts'
import { dial, requestBytes } from './wire.ts'
import type { Scenario } from './scenario.ts'

export const goneAfterSending: Scenario = {
  name: 'gone-after-sending',
  title: 'Callers that disconnect right after the last byte, and post again with the same key',
  promise: 'it is taken once, whether the first request was or not',
  run: async (stage) => {
    const count = stage.size(50, 500)
    for (let caller = 0; caller < count; caller++) {
      const event = { key: `gone-${String(caller)}`, targets: TARGETS }
      const producers = stage.producers()
      const socket = await dial(producers[caller % producers.length]?.port ?? 0)
      const sent = new Promise((resolve) => socket.write(requestBytes(event), resolve))
      await sent
      if (caller % 2 === 0) socket.destroy()
      else socket.resetAndDestroy()
      await stage.post(event)
    }
  },
}
