import type { NewEvent } from '../stage/lane.ts'
import type { Stage } from '../stage/stage.ts'
import { TARGETS } from '../stage/targets.ts'
import { dial, requestBytes } from './wire.ts'
import type { Scenario } from './scenario.ts'

/** A caller disconnects right after its last byte, and posts again with the same key. @param number tells it from the others */
export async function sendAndGo(stage: Stage, event: NewEvent, number: number): Promise<void> {
  const producers = stage.producers()
  const socket = await dial(producers[number % producers.length]?.port ?? 0)
  const sent = new Promise((resolve) => socket.write(requestBytes(event), resolve))
  await sent
  if (number % 2 === 0) socket.destroy()
  else socket.resetAndDestroy()
  await stage.post(event)
}

export const goneAfterSending: Scenario = {
  name: 'gone-after-sending',
  title: 'Callers that disconnect right after the last byte, and post again with the same key',
  promise: 'it is taken once, whether the first request was or not',
  run: async (stage) => {
    const count = stage.size(50, 500)
    for (let caller = 0; caller < count; caller++)
      await sendAndGo(stage, { key: `gone-${String(caller)}`, targets: TARGETS }, caller)
  },
}
