/**
 * A lane: a caller that posts one event after the other, each until it is answered 202, with the same key and body.
 *
 * What it does is what docs tell callers to do: after a 503, a 429 or a lost connection the same request again.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Finding } from '../oracle/finding.ts'
import type { Ledger } from '../oracle/ledger.ts'

export type LaneDeps = {
  /** Where to post to; asked anew for each try, as a load balancer is. */
  readonly origin: () => string | undefined
  readonly ledger: Ledger
  readonly onFinding: (finding: Finding) => void
  readonly onRefused: (status: number, tookMs: number) => void
}

export type NewEvent = {
  readonly key: string
  readonly targets: readonly string[]
  /** Ballast, to make it larger. */
  readonly fillBytes?: number
  /** To be delivered so much later. */
  readonly delayMs?: number
}

const TRY_MS = 5_000
const AGAIN_MS = 50
const TRIES_MS = 90_000

const acceptedBody = z.object({ id: z.string(), deliveries: z.array(z.object({ target: z.string() })) })

/** The event as it goes over the wire. */
export function bodyOf({ key, targets, fillBytes = 50, delayMs }: NewEvent): string {
  return JSON.stringify({
    type: 'order.placed',
    data: { driverKey: key, fill: 'x'.repeat(fillBytes) },
    targets,
    delayMs,
  })
}

/** Posts until there is a 202, and enters it in the ledger. @returns its event id; `undefined` when it was not to be had */
export async function postUntilAccepted(deps: LaneDeps, event: NewEvent): Promise<string | undefined> {
  const body = bodyOf(event)
  const deadlineMs = Date.now() + TRIES_MS
  while (Date.now() < deadlineMs) {
    const startedMs = performance.now()
    const answer = await postOnce(deps.origin(), event.key, body)
    if (answer?.status === 202) return enter(deps, event, answer.body)
    if (answer !== undefined) {
      deps.onRefused(answer.status, performance.now() - startedMs)
      judgeRefusal(deps, event.key, answer)
    }
    await wait(AGAIN_MS)
  }
  deps.onFinding({ kind: 'bad-answer', subject: event.key, detail: `no 202 in ${String(TRIES_MS)} ms` })
  return undefined
}

type Answered = { readonly status: number; readonly retryAfter: string | null; readonly body: unknown }

/** `undefined` when there was no answer. */
async function postOnce(
  origin: string | undefined,
  key: string,
  body: string,
): Promise<Answered | undefined> {
  if (origin === undefined) return undefined
  try {
    const response = await fetch(`${origin}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
      signal: AbortSignal.timeout(TRY_MS),
    })
    const json: unknown = await response.json()
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: json }
  } catch {
    return undefined
  }
}

async function enter({ ledger, onFinding }: LaneDeps, event: NewEvent, body: unknown): Promise<string> {
  const { id, deliveries } = acceptedBody.parse(body)
  const targets = deliveries.map(({ target }) => target).toSorted()
  if (targets.join() !== event.targets.toSorted().join())
    onFinding({
      kind: 'bad-answer',
      subject: id,
      detail: `202 for ${targets.join()} instead of ${event.targets.join()}`,
    })
  await ledger.add({
    kind: 'accepted',
    eventId: id,
    key: event.key,
    targets: [...event.targets],
    atMs: Date.now(),
  })
  return id
}

/** Refused for now, with a hint when to come again; or still under way. All else is no answer to a good request. */
function judgeRefusal({ onFinding }: LaneDeps, key: string, { status, retryAfter, body }: Answered): void {
  if (status === 409) return
  if ((status === 503 || status === 429) && retryAfter !== null) return
  const detail = `${String(status)} ${JSON.stringify(body).slice(0, 200)}`
  onFinding({ kind: 'bad-answer', subject: key, detail })
}
