import { bodyOf, type NewEvent } from '../stage/lane.ts'
import type { Stage } from '../stage/stage.ts'
import { TARGETS } from '../stage/targets.ts'
import type { Scenario } from './scenario.ts'
import { isExpected, type Weather } from './weather.ts'

const CALLERS = 100
const CALL_MS = 5_000

type Answered = { readonly status: number; readonly id: string | undefined }

/** 100 callers post an event at once, and one later. */
export async function postAtOnce(stage: Stage, event: NewEvent, weather: Weather): Promise<void> {
  const producers = stage.producers()
  const answers = await Promise.all(
    Array.from({ length: CALLERS }, (_, caller) =>
      postTo(producers[caller % producers.length]?.origin ?? '', event).catch((error: unknown) => {
        if (weather === 'calm') throw error
        return undefined
      }),
    ),
  )
  const answered = answers.filter((answer) => answer !== undefined)
  const ids = new Set(answered.filter(({ status }) => status === 202).map(({ id }) => id))
  stage.expect(ids.size === 1 || (weather === 'rough' && ids.size === 0), 'one id', `${String(ids.size)} ids`)
  const others = new Set(
    answered.map(({ status }) => status).filter((one) => !isExpected(one, weather, [409])),
  )
  stage.expect(others.size === 0, '202 or 409', [...others].join())
  const again = await stage.post(event)
  stage.expect(
    ids.size === 0 || (again !== undefined && ids.has(again)),
    'a later one gets the same id',
    String(again),
  )
}

async function postTo(origin: string, event: NewEvent): Promise<Answered> {
  const response = await fetch(`${origin}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': event.key },
    body: bodyOf(event),
    signal: AbortSignal.timeout(CALL_MS),
  })
  const { id } = (await response.json()) as { readonly id?: string }
  return { status: response.status, id }
}

export const concurrentDuplicates: Scenario = {
  name: 'concurrent-duplicates',
  title: '100 callers post the same event with the same key at once, to all producers',
  promise: 'all get the same id, or 409 while it is under way; each target gets it once',
  run: async (stage) => {
    for (let round = 0; round < stage.size(3, 20); round++)
      await postAtOnce(stage, { key: `duplicate-${String(round)}`, targets: TARGETS }, 'calm')
  },
}
