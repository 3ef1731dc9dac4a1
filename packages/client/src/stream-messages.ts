/** What a stream says: the frames of the API as one union, told apart by `message`. */
import { isRecord, ManifoldError } from './errors.ts'
import type { Frame } from './event-source-reader.ts'
import { parseJson } from './parse-json.ts'
import type { DeliveryStatus, EventView, LastAttempt, SettledStatus } from './views.ts'

type OfEvent = {
  /** The place in the stream: give it as `after` to carry on behind it. */
  readonly id: string
  readonly eventId: string
  /** `null` when the event is no longer kept. */
  readonly type: string | null
  readonly at: string
}

export type StreamMessage =
  | (OfEvent & { readonly message: 'accepted'; readonly status: 'pending' | 'unrouted' })
  | (OfEvent & {
      readonly message: 'attempt'
      readonly deliveryId: string
      readonly target: string
      readonly attempt: LastAttempt
    })
  | (OfEvent & {
      readonly message: 'delivery'
      readonly deliveryId: string
      readonly target: string
      readonly status: DeliveryStatus
      readonly nextAttemptAt: string | null
      readonly generation?: number
    })
  | (OfEvent & { readonly message: 'settled'; readonly status: SettledStatus })
  /** The whole event: how the stream of one event begins. */
  | { readonly message: 'event'; readonly id: string; readonly event: EventView }
  /** What came between is lost to the stream: it goes on from now. */
  | { readonly message: 'reset'; readonly id: string; readonly reason: string }

const CHANGES: ReadonlySet<string> = new Set(['accepted', 'attempt', 'delivery', 'settled', 'reset'])

/**
 * @returns undefined for a message this client does not know yet
 * @throws {ManifoldError} `unexpected-answer` for one that does not hold what its name says
 */
export function readMessage(frame: Frame): StreamMessage | undefined {
  const { event: message, lastEventId: id } = frame
  const isWhole = message === 'event'
  if (!isWhole && !CHANGES.has(message)) return undefined
  const data = parseJson(frame.data)
  if (isWhole && isEventView(data)) return { message, id, event: data }
  const change = isRecord(data) ? { ...data, message, id } : undefined
  if (!isWhole && isChange(change)) return change
  throw new ManifoldError({
    code: 'unexpected-answer',
    title: 'The stream is not one of Manifold',
    detail: `"${message}" does not hold what it should`,
  })
}

function isEventView(value: unknown): value is EventView {
  return isRecord(value) && 'id' in value && 'status' in value && 'deliveries' in value
}

function isChange(value: unknown): value is Exclude<StreamMessage, { message: 'event' }> {
  return isRecord(value) && ('eventId' in value || value['message'] === 'reset')
}
