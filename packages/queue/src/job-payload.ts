/**
 * What a job carries: ids only; the event record holds the rest.
 *
 * Two forms: a delivery, and a bundle of several; each is written under the version it came with. What a newer version wrote
 * is a value, and is left to its workers; so is what no version wrote, that one odd job ends as a dead letter instead of
 * stopping its worker.
 */
import { JOB_VERSION, type DeliveryRef } from '@manifold/domain'
import { z } from 'zod'
import { isBundleId } from './bundle.ts'

const eventId = z.string().min(1)
const generation = z.int().min(1)

const v = z.int().min(1).max(JOB_VERSION.newest)

const payloadSchema = z.union([
  z.object({ v, eventId, generation }),
  z.object({ v, deliveries: z.array(z.tuple([eventId, generation])).min(1) }),
])

const newerSchema = z.object({ v: z.int().min(JOB_VERSION.newest + 1) })

export type JobPayload = z.infer<typeof payloadSchema>

/** The payload of one delivery. */
export function makePayload(ref: DeliveryRef): JobPayload {
  return { v: JOB_VERSION.delivery, eventId: ref.eventId, generation: ref.generation }
}

/** The payload of a bundle. */
export function makeBundlePayload(refs: readonly DeliveryRef[]): JobPayload {
  return { v: JOB_VERSION.bundle, deliveries: refs.map((ref) => [ref.eventId, ref.generation]) }
}

/** The job's id: adding the same delivery twice is adding it once. A replay's next generation is another job. */
export function jobIdOf(ref: Pick<DeliveryRef, 'eventId' | 'generation'>): string {
  return `${ref.eventId}.${String(ref.generation)}`
}

export type PayloadReading =
  | { readonly kind: 'readable'; readonly refs: readonly DeliveryRef[] }
  /** Only a newer version knows what is in it. */
  | { readonly kind: 'newer' }
  /** A single delivery's job: `ref` is what its id tells. */
  | { readonly kind: 'unreadable'; readonly ref: DeliveryRef; readonly error: string }
  /** Its id does not tell which deliveries it carries, and they must not be lost. */
  | { readonly kind: 'unreadable-bundle'; readonly error: string }
  /** Not one of ours. */
  | { readonly kind: 'foreign'; readonly error: string }

/** Reads a payload of any version; what this one does not know is a value. */
export function readPayload(target: string, jobId: string, data: unknown): PayloadReading {
  const parsed = payloadSchema.safeParse(data)
  if (parsed.success) return { kind: 'readable', refs: refsOf(target, parsed.data) }
  if (newerSchema.safeParse(data).success) return { kind: 'newer' }
  const error = `job ${jobId} has a payload of an unknown form: ${z.prettifyError(parsed.error)}`
  if (isBundleId(jobId)) return { kind: 'unreadable-bundle', error }
  const [, id, number] = /^(.+)\.(\d+)$/.exec(jobId) ?? []
  if (id === undefined) return { kind: 'foreign', error }
  return { kind: 'unreadable', ref: { eventId: id, target, generation: Number(number) }, error }
}

function refsOf(target: string, payload: JobPayload): DeliveryRef[] {
  if ('eventId' in payload) return [{ eventId: payload.eventId, target, generation: payload.generation }]
  return payload.deliveries.map(([id, number]) => ({ eventId: id, target, generation: number }))
}
