import type { Finding } from '../oracle/finding.ts'
import type { RequestLine } from '../oracle/receiver-log.ts'
import type { Stage } from '../stage/stage.ts'
import { anyone } from './anyone.ts'
import type { Scenario } from './scenario.ts'
import { dial, requestBytes } from './wire.ts'

/** What their keys begin with: none of them may ever reach a target. */
const HALF = 'half-'

/** A caller vanishes in the middle of its body. @param number tells it from the others */
export async function sendHalf(stage: Stage, number: number): Promise<void> {
  const bytes = requestBytes({ key: `${HALF}${String(number)}`, targets: ['alpha'] })
  const socket = await dial(anyone(stage.producers()).port)
  socket.write(bytes.slice(0, bytes.length - 1 - (number % 100)))
  if (number % 2 === 0) socket.end()
  else socket.resetAndDestroy()
}

/** What was sent by half, and reached a target all the same. Pure. */
export function halfFindings(requests: readonly RequestLine[]): Finding[] {
  return requests
    .filter(({ key }) => key.startsWith(HALF))
    .map(({ key }) => ({
      kind: 'promise-broken',
      subject: key,
      detail: 'it was sent by half, and delivered',
    }))
}

export const halfSent: Scenario = {
  name: 'half-sent',
  title: 'Callers that vanish in the middle of their body, under load',
  promise: 'nothing of it is taken; the others notice nothing',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 100 })
    for (let caller = 0; caller < stage.size(50, 500); caller++) await sendHalf(stage, caller)
    await stage.until('load', () => load.accepted() > stage.size(100, 1_000))
    await load.stop()
    const taken = halfFindings(stage.requests())
    stage.expect(taken.length === 0, 'nothing of it is taken', `${String(taken.length)} were delivered`)
    const refused = [...stage.refusals().values()].reduce((sum, count) => sum + count, 0)
    stage.expect(refused === 0, 'no refusal', `${String(refused)} posts were refused`)
  },
}
