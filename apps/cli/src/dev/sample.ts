/** The sample event: sent once at the start, and told in a few lines from the change feed. */
import { newestChange, readChanges, type Change, type RecordedAttempt, type Store } from '@manifold/store'

const SAMPLE = { type: 'order.placed', data: { orderId: 'A-1001', total: 99.5 } }

/** The sample as it is posted, for pasting. */
export const SAMPLE_JSON = JSON.stringify(SAMPLE)

const LOOK_MS = 50
/** A target with long back-offs would be told for hours. */
const PATIENCE_MS = 60_000

export type SampleDeps = {
  readonly store: Store
  readonly producerUrl: string
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

export type SampleResult = {
  readonly eventId: string
  /** The first dead letter, to be replayed. */
  readonly deadLetter: { readonly id: string; readonly target: string } | undefined
}

/** Posts the sample and follows it until it settles. `undefined` when it was refused. */
export async function sendSample(deps: SampleDeps): Promise<SampleResult | undefined> {
  let place = await newestChange(deps.store)
  const response = await fetch(`${deps.producerUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: SAMPLE_JSON,
    signal: deps.signal,
  })
  const answer = (await response.json()) as {
    id: string
    deliveries: { id: string; target: string }[]
    title?: string
  }
  if (response.status !== 202) {
    deps.say(`the sample event was refused: ${answer.title ?? String(response.status)}`)
    return undefined
  }
  const { id: eventId, deliveries } = answer
  deps.say(
    `sample   accepted    ${eventId} → ${deliveries.map((one) => one.target).join(', ') || 'no target wants it'}`,
  )

  const attempts = new Map<string, RecordedAttempt>()
  let deadLetter: SampleResult['deadLetter']
  const deadline = Date.now() + PATIENCE_MS
  while (!deps.signal.aborted && Date.now() < deadline) {
    for (const change of await readChanges(deps.store, place, 200)) {
      place = change.id
      if (change.eventId !== eventId) continue
      if (change.kind === 'attempt') attempts.set(change.target, change.attempt)
      if (change.kind === 'delivery') {
        const { target, status } = change
        deps.say(describe(change, attempts.get(target)))
        if (status === 'dead') deadLetter ??= deliveries.find((one) => one.target === target)
      }
      if (change.kind === 'settled') {
        deps.say(`sample   settled     ${change.status}`)
        return { eventId, deadLetter }
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return { eventId, deadLetter }
}

function describe(change: Extract<Change, { kind: 'delivery' }>, last: RecordedAttempt | undefined): string {
  const { target, status, nextAttemptAtMs } = change
  const attempt = last === undefined ? '' : `attempt ${String(last.number)}: ${last.reason}`
  const next =
    nextAttemptAtMs === undefined ? '' : `, next in ${String(Math.max(0, nextAttemptAtMs - Date.now()))} ms`
  return `sample   ${status.padEnd(11)} ${target.padEnd(8)} ${attempt}${next}`
}
