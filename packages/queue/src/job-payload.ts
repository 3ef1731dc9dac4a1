/**
 * What a job carries: ids only; the event record holds the rest.
 *
 * Owns the payload's version. A payload this version cannot read is a value, so that one odd job ends as a dead
 * letter instead of stopping its worker.
 */
import type { DeliveryRef } from '@manifold/domain'
import { z } from 'zod'

const VERSION = 1

const payloadSchema = z.object({
  v: z.literal(VERSION),
  eventId: z.string().min(1),
  generation: z.int().min(1),
})

export type JobPayload = z.infer<typeof payloadSchema>

/** The payload of this version. */
export function makePayload(ref: DeliveryRef): JobPayload {
  return { v: VERSION, eventId: ref.eventId, generation: ref.generation }
}

/** The job's id: adding the same delivery twice is adding it once. A replay's next generation is another job. */
export function jobIdOf(ref: Pick<DeliveryRef, 'eventId' | 'generation'>): string {
  return `${ref.eventId}.${String(ref.generation)}`
}

export type PayloadReading =
  | { readonly kind: 'readable'; readonly ref: DeliveryRef }
  /** `ref` is what the job's id tells, if it is one of ours. */
  | { readonly kind: 'unreadable'; readonly ref: DeliveryRef | undefined; readonly error: string }

/** Reads a payload of any version; what this one does not know is `unreadable`. */
export function readPayload(target: string, jobId: string, data: unknown): PayloadReading {
  const parsed = payloadSchema.safeParse(data)
  if (parsed.success) {
    return {
      kind: 'readable',
      ref: { eventId: parsed.data.eventId, target, generation: parsed.data.generation },
    }
  }
  const [, eventId, generation] = /^(.+)\.(\d+)$/.exec(jobId) ?? []
  return {
    kind: 'unreadable',
    ref: eventId === undefined ? undefined : { eventId, target, generation: Number(generation) },
    error: `job ${jobId} has a payload of an unknown version or form: ${z.prettifyError(parsed.error)}`,
  }
}
