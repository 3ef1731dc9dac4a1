/** What became of one event of a batch: a line of the answer, read. */
import { isRecord, ManifoldError, readProblem } from './errors.ts'
import { parseJson } from './parse-json.ts'
import type { Published } from './publish.ts'
import type { AcceptedEvent } from './views.ts'

/** `index` counts the events as they were given. */
export type BatchItem =
  | { readonly kind: 'accepted'; readonly index: number; readonly event: Published }
  | { readonly kind: 'refused'; readonly index: number; readonly error: ManifoldError }

/** @returns undefined for a line that was cut off, or is none of Manifold */
export function readItem(line: string, index: number): BatchItem | undefined {
  const value = parseJson(line)
  if (!isRecord(value)) return undefined
  const problem = readProblem(value['problem'])
  if (problem !== undefined) return { kind: 'refused', index, error: new ManifoldError(problem) }
  return isAccepted(value) ? { kind: 'accepted', index, event: publishedIn(value) } : undefined
}

/** An accepted event in a line, where `status` is the HTTP status it would have had alone. */
type AcceptedLine = Omit<AcceptedEvent, 'status'> & {
  readonly eventStatus: AcceptedEvent['status']
  readonly duplicate: boolean
}

function isAccepted(value: object): value is AcceptedLine {
  return ['id', 'deliveries', 'eventStatus', 'duplicate'].every((field) => field in value)
}

function publishedIn({
  id,
  type,
  eventStatus,
  acceptedAt,
  deliveries,
  links,
  duplicate,
}: AcceptedLine): Published {
  return { id, type, status: eventStatus, acceptedAt, deliveries, links, replayed: duplicate }
}

/** Of an event whose line is missing. */
export function unanswered(index: number): BatchItem {
  const error = new ManifoldError({
    code: 'unexpected-answer',
    title: 'The answer has no line for this event',
    fix: 'It may have been stored: give it an id of your own before you send it again.',
  })
  return { kind: 'refused', index, error }
}
