/**
 * Publishes one event. The idempotency key is made once and goes with every attempt, so that an answer that got lost
 * on the way does not make a second event.
 */
import { bodyOf, type Answer } from './answer.ts'
import type { Connection } from './connection.ts'
import type { EventToPublish } from './event-to-publish.ts'
import { randomKey } from './random-key.ts'
import { send } from './request.ts'
import type { AcceptedEvent, SettledResult } from './views.ts'

export type PublishOptions = {
  /** Your own; the client makes one for each call without it. One key belongs to one event for 24 hours. */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export type PublishAndWaitOptions = PublishOptions & {
  /** Waits so long for all targets to settle; Manifold waits at most 60. */
  readonly waitSeconds: number
}

export type Published = AcceptedEvent & {
  /** It had been accepted before under this key or id, perhaps by an attempt whose answer was lost. */
  readonly replayed: boolean
}

/** With `waitSeconds`: the combined answer, or the event that is still under way when time is up. */
export type PublishedAndWaited =
  | { readonly settled: true; readonly result: SettledResult }
  | { readonly settled: false; readonly event: Published }

export type Publish<Catalogue> = {
  (event: EventToPublish<Catalogue>, options: PublishAndWaitOptions): Promise<PublishedAndWaited>
  (event: EventToPublish<Catalogue>, options?: PublishOptions): Promise<Published>
}

export function createPublish<Catalogue>(connection: Connection): Publish<Catalogue> {
  function publish(event: object, options: PublishAndWaitOptions): Promise<PublishedAndWaited>
  function publish(event: object, options?: PublishOptions): Promise<Published>
  async function publish(event: object, options: PublishOptions & { waitSeconds?: number } = {}) {
    const answer = await post(connection, event, options)
    if (options.waitSeconds === undefined) return publishedOf(answer)
    if (answer.status === 202) return { settled: false, event: publishedOf(answer) }
    return { settled: true, result: bodyOf<SettledResult>(answer, ['id', 'status', 'deliveries']) }
  }
  return publish
}

function publishedOf(answer: Answer): Published {
  return {
    ...bodyOf<AcceptedEvent>(answer, ['id', 'status', 'deliveries']),
    replayed: answer.headers.get('idempotent-replayed') === 'true',
  }
}

function post(
  connection: Connection,
  event: object,
  { idempotencyKey = randomKey(), waitSeconds, signal }: PublishOptions & { waitSeconds?: number },
): Promise<Answer> {
  return send(connection, {
    method: 'POST',
    path: ['v1', 'events'],
    headers: {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      ...(waitSeconds === undefined ? {} : { prefer: `wait=${String(Math.ceil(waitSeconds))}` }),
    },
    body: JSON.stringify(event),
    repeat: 'always',
    expect: waitSeconds === undefined ? [202] : [200, 202],
    waitMs: (waitSeconds ?? 0) * 1_000,
    signal,
  })
}
