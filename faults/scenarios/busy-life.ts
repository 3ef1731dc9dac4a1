/**
 * A busy life: a load, and beside it an operator and callers who do everything that can be done, so that every point of the
 * code is passed again and again: retries and dead letters, replays one by one and by filter, discards, cancels, forgetting.
 *
 * What is to be forgotten is not in the ledger, as nobody is promised that it stays: at the end none of it may be left,
 * neither in the records nor on a queue. That its time has run out is a change of its date.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { withinMs } from '@manifold/runtime'
import { z } from 'zod'
import type { Load } from '../stage/load.ts'
import type { Stage } from '../stage/stage.ts'

const RETENTION = '{manifold}:retention'
const PAUSE_MS = 250
/** Few: replays yield to live traffic, and a worker that has no time left for them would only show that. */
const EVENTS_PER_SECOND = 15
/** Long enough for all that is still to be done about a cancelled one. */
const FODDER_KEPT_MS = 3_000
/** Long enough to be cancelled before; what is forgotten as it is cancelled has its job for as long. */
const PUT_OFF_MS = 5_000
const CALL_MS = 3_000
const ROUND_MS = 5_000

export type BusyLife = {
  /** Ends when all is done, and what was to be forgotten is. */
  readonly stop: () => Promise<void>
}

/** Begins it. */
export async function liveBusily(stage: Stage): Promise<BusyLife> {
  await stage.receiver.behave('alpha', {
    kind: 'mixed',
    answers: [
      { weight: 7, answer: { kind: 'status', status: 200 } },
      { weight: 2, answer: { kind: 'status', status: 200, afterMs: 300 } },
      { weight: 1, answer: { kind: 'status', status: 503 } },
      { weight: 2, answer: { kind: 'status', status: 422 } },
    ],
  })
  await stage.receiver.behave('beta', { kind: 'status', status: 200, afterMs: 40 })
  const loads: Load[] = [stage.load({ eventsPerSecond: EVENTS_PER_SECOND })]
  const fodder = new Map<string, number>()
  const discarding = new Set<string>()
  let stopping = false
  const isStopping = () => stopping

  const round = async (number: number): Promise<void> => {
    if (number % 8 === 0) loads.push(stage.load({ events: 24 }))
    const letters = (await stage.operator.deadLetters()).filter(({ id }) => !fodder.has(eventIdOf(id)))
    const [first, second] = letters
    if (first !== undefined) await stage.operator.replay(first.id)
    if (second !== undefined) discarding.add(second.id)
    await discardAll(stage, discarding)
    if (number % 3 === 0) await stage.operator.replayAll({ type: 'order.placed', ratePerSecond: 50 })
    await addFodder(stage, fodder)
    await outdate(stage, fodder, FODDER_KEPT_MS)
  }
  const living = (async () => {
    for (let number = 0; !isStopping(); number++) {
      // The producer that was asked may be the one that is struck.
      await withinMs(ROUND_MS, 'a round', round(number)).catch(() => undefined)
      await wait(PAUSE_MS)
    }
  })()

  return {
    stop: async () => {
      stopping = true
      await living
      await Promise.all(loads.map((load) => load.stop()))
      await stage.until('every discard to be answered', async () => {
        await discardAll(stage, discarding)
        return discarding.size === 0
      })
      await stage.redis.command('DEL', '{manifold}:lease:janitor')
      await stage.addProducer({ MANIFOLD_JANITOR_MS: '100' })
      await stage.until('all to be forgotten that is to be', async () => {
        await outdate(stage, fodder, 0).catch(() => undefined)
        return fodder.size === 0
      })
    },
  }
}

/** Asks until there is an answer: one that was lost leaves open whether it is discarded. */
async function discardAll(stage: Stage, discarding: Set<string>): Promise<void> {
  for (const id of discarding) {
    const status = await stage.operator.discard(id).catch(() => 503)
    if (status < 500) discarding.delete(id)
  }
}

const acceptedBody = z.object({ id: z.string() })

/** Some that end by themselves, one or the other as a dead letter, and one that is cancelled. */
async function addFodder(stage: Stage, fodder: Map<string, number>): Promise<void> {
  const post = async (more: object): Promise<string> => {
    const answer = await call(stage, 'POST', '/v1/events', { type: 'fodder.left', data: {}, ...more })
    const { id } = acceptedBody.parse(await answer.json())
    fodder.set(id, Date.now())
    return id
  }
  await Promise.all(Array.from({ length: 4 }, () => post({ targets: ['alpha'] })))
  const put = await post({ targets: ['gamma'], delayMs: PUT_OFF_MS })
  await (await call(stage, 'DELETE', `/v1/events/${put}`)).arrayBuffer()
}

/** The time of what has been there for so long, and has ended, runs out. What is gone already is not looked at any more. */
async function outdate(stage: Stage, fodder: Map<string, number>, keptMs: number): Promise<void> {
  const old = [...fodder].filter(([, atMs]) => atMs <= Date.now() - keptMs).map(([id]) => id)
  if (old.length === 0) return
  // Only what has settled is in there.
  await stage.redis.command('ZADD', RETENTION, 'XX', ...old.flatMap((id) => ['1', id]))
  for (const id of old) {
    const answer = await call(stage, 'GET', `/v1/events/${id}`)
    await answer.arrayBuffer()
    if (answer.status === 404) fodder.delete(id)
  }
}

/** @throws when there is no answer */
function call(stage: Stage, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${stage.origin() ?? 'http://nobody.invalid'}${path}`, {
    method,
    signal: AbortSignal.timeout(CALL_MS),
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
}

function eventIdOf(deliveryId: string): string {
  return deliveryId.slice(0, deliveryId.lastIndexOf('-'))
}
