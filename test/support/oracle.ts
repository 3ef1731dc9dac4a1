/**
 * The oracle: after whatever happened, does everything that was promised hold?
 *
 * 1. Every accepted event × target is in exactly one terminal state.
 * 2. The receiver's log agrees with the status.
 * 3. Every request, duplicates included, carries the id of its delivery.
 * 4. Event record, dead-letter index, dead-letter queues and work queues agree.
 */
import { deadLetterJobIds, readQueueDepth, type Queues } from '@manifold/queue'
import { outboxSize, type Store } from '@manifold/store'
import { expect } from 'vitest'
import type { ReceivedRequest } from '../../apps/sandbox/src/received.ts'
import type { Api, EventAnswer } from './api.ts'
import { eventually } from './eventually.ts'

const TERMINAL = new Set(['delivered', 'dead', 'discarded'])

export type OracleInput = {
  readonly api: Api
  readonly store: Store
  readonly queues: Queues
  readonly received: () => readonly ReceivedRequest[]
  /** Every event that was answered 202. */
  readonly accepted: readonly string[]
  /** Requests that got no settlement are allowed: something was killed. */
  readonly crashed?: boolean
  readonly timeoutMs?: number
}

/** Waits until all has settled, then checks every promise. @returns the events as they ended */
export async function expectKept(input: OracleInput): Promise<EventAnswer[]> {
  const events = await settled(input)
  const requests = Map.groupBy(input.received(), (request) => String(request.headers['idempotency-key']))
  const deliveries = events.flatMap((event) => event.deliveries)

  const known = new Map(deliveries.map((delivery) => [delivery.id, delivery.target]))
  for (const request of input.received()) {
    const id = String(request.headers['idempotency-key'])
    expect(request.headers['webhook-id']).toBe(id)
    // A request may belong to an event whose 202 was lost with its producer; then its target is part of its id.
    expect(known.get(id) ?? id.slice(-String(request.target).length)).toBe(request.target)
  }
  for (const delivery of deliveries) {
    const own = requests.get(delivery.id) ?? []
    const taken = own.filter((request) => request.status !== null && request.status < 300)
    expect(TERMINAL, `${delivery.id} is ${delivery.status}`).toContain(delivery.status)
    if (delivery.status === 'delivered') expect(taken.length, `${delivery.id} delivered`).toBeGreaterThan(0)
    else if (input.crashed !== true) expect(taken.length, `${delivery.id} is ${delivery.status}`).toBe(0)
    if (input.crashed === true)
      expect(own.length, `${delivery.id} requests`).toBeGreaterThanOrEqual(delivery.attempts)
    else expect(own.length, `${delivery.id} requests`).toBe(delivery.attempts)
  }
  for (const event of events) expect(event.status, event.id).toBe(aggregate(event))
  await expectQueuesAgree(input, events)
  return events
}

async function settled({ api, accepted, timeoutMs }: OracleInput): Promise<EventAnswer[]> {
  const events = new Map<string, EventAnswer>()
  await eventually(
    'every event to settle',
    async () => {
      const open = accepted.filter((id) => !events.has(id))
      for (const id of open.slice(0, 50)) {
        const event = await api.event(id)
        if (event.settledAt === null) return false
        events.set(id, event)
      }
      return events.size === new Set(accepted).size
    },
    timeoutMs,
  )
  return accepted.map((id) => events.get(id)).filter((event) => event !== undefined)
}

function aggregate(event: EventAnswer): string {
  const delivered = event.deliveries.filter((delivery) => delivery.status === 'delivered').length
  if (event.deliveries.length === 0) return 'unrouted'
  if (delivered === event.deliveries.length) return 'delivered'
  return delivered === 0 ? 'failed' : 'partially_delivered'
}

async function expectQueuesAgree({ store, queues }: OracleInput, events: EventAnswer[]): Promise<void> {
  await eventually('an empty outbox', async () => (await outboxSize(store)) === 0)
  const deliveries = events.flatMap((event) => event.deliveries.map((delivery) => ({ event, delivery })))
  for (const [target, own] of Map.groupBy(deliveries, ({ delivery }) => delivery.target)) {
    const dead = own
      .filter(({ delivery }) => delivery.status === 'dead')
      .map(({ event, delivery }) => `${event.id}.${String(delivery.generation)}`)
      .sort()
    const idle = await eventually(`idle queues of ${target}`, async () => {
      const depth = await readQueueDepth(queues, target)
      return depth.waiting + depth.delayed + depth.inFlight === 0 ? depth : undefined
    })
    expect(idle.dead, `dead-letter queue of ${target}`).toBe(dead.length)
    expect((await deadLetterJobIds(queues, target)).sort()).toEqual(dead)
  }
}
