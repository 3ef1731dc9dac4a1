/**
 * A lane: a caller that posts one event after the other, each until it is answered 202, with the same key and body.
 *
 * What it does is what docs tell callers to do: after a 503, a 429 or a lost connection the same request again. Each try is told
 * of, whatever came of it. The lanes share the driver's event loop with all its proxies: what a try took is what a caller in a
 * busy process sees, some milliseconds more than the producer took.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Finding } from '../oracle/finding.ts'
import type { Ledger } from '../oracle/ledger.ts'

export type Asked = { readonly name: string; readonly origin: string }

/** One POST, and what came of it. */
export type Try = {
  readonly producer: string
  /** `timeout`: no answer in the time that a caller has; `lost`: the connection was refused, or broke. */
  readonly status: number | 'timeout' | 'lost'
  readonly fromMs: number
  readonly tookMs: number
}

export type LaneDeps = {
  /** Whom to post to; asked anew for each try, as a load balancer is. */
  readonly producer: () => Asked | undefined
  readonly ledger: Ledger
  readonly onFinding: (finding: Finding) => void
  readonly onTry: (tried: Try) => void
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
  const deadlineMs = Date.now() + TRIES_MS
  while (Date.now() < deadlineMs) {
    const producer = deps.producer()
    if (producer !== undefined) {
      const { tried, eventId } = await tryOnce(deps, producer, event)
      deps.onTry(tried)
      if (eventId !== undefined) return eventId
    }
    await wait(AGAIN_MS)
  }
  deps.onFinding({ kind: 'bad-answer', subject: event.key, detail: `no 202 in ${String(TRIES_MS)} ms` })
  return undefined
}

/** Posts once, to this producer, and enters a 202 in the ledger. @param limitMs how long the caller waits for the answer */
export async function tryOnce(
  deps: Pick<LaneDeps, 'ledger' | 'onFinding'>,
  { name, origin }: Asked,
  event: NewEvent,
  limitMs = TRY_MS,
): Promise<{ readonly tried: Try; readonly eventId: string | undefined }> {
  const fromMs = Date.now()
  const startedMs = performance.now()
  const answer = await postOnce(origin, event, limitMs)
  const status = typeof answer === 'string' ? answer : answer.status
  const tried = { producer: name, status, fromMs, tookMs: performance.now() - startedMs }
  if (typeof answer === 'string') return { tried, eventId: undefined }
  if (answer.status === 202) return { tried, eventId: await enter(deps, event, answer.body) }
  judgeRefusal(deps, event.key, answer)
  return { tried, eventId: undefined }
}

type Answered = { readonly status: number; readonly retryAfter: string | null; readonly body: unknown }

async function postOnce(
  origin: string,
  event: NewEvent,
  limitMs: number,
): Promise<Answered | 'timeout' | 'lost'> {
  try {
    const response = await fetch(`${origin}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': event.key },
      body: bodyOf(event),
      signal: AbortSignal.timeout(limitMs),
    })
    const json: unknown = await response.json()
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: json }
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'lost'
  }
}

async function enter(
  { ledger, onFinding }: Pick<LaneDeps, 'ledger' | 'onFinding'>,
  event: NewEvent,
  body: unknown,
): Promise<string> {
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
    ...(event.delayMs === undefined ? {} : { delayMs: event.delayMs }),
    atMs: Date.now(),
  })
  return id
}

/** Refused for now, with a hint when to come again; or still under way. All else is no answer to a good request. */
function judgeRefusal(
  { onFinding }: Pick<LaneDeps, 'onFinding'>,
  key: string,
  { status, retryAfter, body }: Answered,
): void {
  if (status === 409) return
  if ((status === 503 || status === 429) && retryAfter !== null) return
  const detail = `${String(status)} ${JSON.stringify(body).slice(0, 200)}`
  onFinding({ kind: 'bad-answer', subject: key, detail })
}
