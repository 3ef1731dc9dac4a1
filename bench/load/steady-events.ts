/** Events at a constant rate, each with the moment it was sent: what latency is measured from. */
import { Pool } from 'undici'
import { z } from 'zod'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { percentilesOf } from '../measure/percentiles.ts'
import { eventBody } from './event-body.ts'
import { runOpenLoop, type Schedule } from './open-loop.ts'

const accepted = z.object({ id: z.string() })

let made = 0

/** @throws when an event is refused: a loss would spoil what is measured */
export async function postSteadily(origin: string, dataBytes: number, schedule: Schedule) {
  // More connections than are ever under way: a request never waits in the generator.
  const pool = new Pool(origin, { connections: 512, pipelining: 1 })
  const sent: [string, number][] = []
  const latenessMs = await runOpenLoop(schedule, async () => {
    const body = eventBody(made++, dataBytes)
    const sentMs = monotonicMs()
    const answer = await pool.request({
      path: '/v1/events',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 202) throw new Error(`an event was refused: ${text}`)
    sent.push([accepted.parse(JSON.parse(text)).id, sentMs])
  })
  await pool.close()
  return { sent, latenessMs: percentilesOf(latenessMs) }
}
