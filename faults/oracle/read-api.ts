/** Reads Manifold's HTTP API for the oracle: only what its contract says, in types of the oracle's own. */
import { z } from 'zod'
import type { DeadLetterSeen, EventSeen } from './snapshot.ts'

const time = z.iso.datetime().transform((text) => Date.parse(text))

const delivery = z.object({
  id: z.string(),
  target: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
  generation: z.number(),
  attempts: z.number(),
})

const event = z.object({
  id: z.string(),
  status: z.string(),
  acceptedAt: time,
  settledAt: time.nullable(),
  deliveries: z.array(delivery),
})

const attempts = z.object({
  items: z.array(
    z.object({
      deliveryId: z.string(),
      number: z.number(),
      generation: z.number(),
      at: time,
      durationMs: z.number(),
      httpStatus: z.number().nullable(),
      outcome: z.string(),
      reason: z.string(),
    }),
  ),
})

const deadLetters = z.object({
  items: z.array(
    z.object({ id: z.string(), reason: z.string().nullable(), generation: z.number(), diedAt: time }),
  ),
  nextCursor: z.string().nullable(),
})

/** How often a read is tried: the API may have lost its Redis a moment ago. */
const TRIES = 5
const PAGE = 100

/** `undefined` when there is no such event. */
export async function readEventSeen(origin: string, eventId: string): Promise<EventSeen | undefined> {
  const path = `/v1/events/${eventId}`
  const [found, tried] = await Promise.all([
    read(origin, path, event),
    read(origin, `${path}/attempts`, attempts),
  ])
  if (found === undefined) return undefined
  return {
    id: found.id,
    status: found.status,
    acceptedAtMs: found.acceptedAt,
    settledAtMs: found.settledAt,
    deliveries: found.deliveries.map((one) => ({
      ...one,
      attemptList: (tried?.items ?? [])
        .filter(({ deliveryId }) => deliveryId === one.id)
        .map(({ at, ...attempt }) => ({ ...attempt, atMs: at })),
    })),
  }
}

/** Every dead letter there is. */
export async function readDeadLetters(origin: string): Promise<DeadLetterSeen[]> {
  const all: DeadLetterSeen[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page = await read(origin, `/v1/admin/dead-letters?limit=${String(PAGE)}${from}`, deadLetters)
    all.push(...(page?.items ?? []).map(({ diedAt, ...letter }) => ({ ...letter, diedAtMs: diedAt })))
    cursor = page?.nextCursor ?? null
  }
  return all
}

/** @returns `undefined` for a 404 @throws for every other answer that is not a 200 */
async function read<T>(origin: string, path: string, shape: z.ZodType<T>): Promise<T | undefined> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(origin + path)
    const body: unknown = await answer.json()
    if (answer.status === 200) return shape.parse(body)
    if (answer.status === 404) return undefined
    if (answer.status !== 503 || tries === TRIES)
      throw new Error(`${path} answered ${String(answer.status)}: ${JSON.stringify(body)}`)
  }
}
