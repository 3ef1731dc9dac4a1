/** Striking at one point: an armed part joins, is brought to its point, is struck there, and goes on or ends. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { OK } from '../receiver/behaviour.ts'
import type { Part } from '../stage/part.ts'
import type { Stage } from '../stage/stage.ts'
import type { Struck } from '../stage/strike.ts'
import type { Point } from './points.ts'

export type How = 'kill' | 'term' | 'stop'

/** Of a point that is passed all the time, one of its first passings is struck. */
const PASSINGS = 20
const REACH_MS = 40_000
const LEASE_LOOK_MS = 250
/** Behind the stage's locks (1.5 s), and the look for those that ran out (0.5 s). */
const FROZEN_QUICK_MS = 3_000
const FROZEN_MS = 30_000
/** How long what stood still lives on before it is asked to end. */
const AWAKE_MS = 1_000
const SLOW_MS = 1_000
/** Until the armed part is there; then the scenario gives it up. */
const LEASE_HELD_MS = '60000'

/** An armed part looks for background work as often as may be, and hands back soon. */
const ARMED = {
  MANIFOLD_RELAY_AGE_MS: '20',
  MANIFOLD_JANITOR_MS: '100',
  MANIFOLD_DRAIN_MS: '500',
}

/** Has a part struck at a point. @returns when that is behind it */
export async function strikeAt(
  stage: Stage,
  how: How,
  point: Point,
  random: Random,
): Promise<{ readonly over: Promise<void> }> {
  const { kind, name, lease, whileStopping } = point
  const passing = passingOf(point, random)
  if (lease !== undefined) await stage.redis.command('SET', leaseKey(lease), 'nobody', 'PX', LEASE_HELD_MS)
  const add = kind === 'worker' ? stage.addWorker : stage.addProducer
  const part = await add({ ...ARMED, MANIFOLD_FAILPOINT: `${name}=${how}@${String(passing)}` })
  if (whileStopping === true) await stopWithWorkInHand(stage, part)
  const struck = await reach(stage, part, lease)
  stage.expect(struck !== undefined, 'every point is reached', labelOf(point))
  if (struck !== undefined) return { over: goOn(stage, how, point, part, struck) }
  await part.kill()
  return { over: Promise.resolve() }
}

function passingOf({ often, whileStarting }: Point, random: Random): number {
  if (often === true) return random.between(1, PASSINGS)
  return whileStarting === true ? 2 : 1
}

/** Waits for the strike; meanwhile whoever else has the lease loses it, which is harmless by what leases promise. */
async function reach(stage: Stage, part: Part, lease: Point['lease']): Promise<Struck | undefined> {
  const deadlineMs = performance.now() + REACH_MS
  for (;;) {
    if (lease !== undefined) await stage.redis.command('DEL', leaseKey(lease))
    const struck = await stage.struck(part, LEASE_LOOK_MS)
    if (struck !== undefined || performance.now() > deadlineMs) return struck
  }
}

/** What a worker still has in hand when its drain is over it hands back. */
async function stopWithWorkInHand(stage: Stage, part: Part): Promise<void> {
  await stage.receiver.behave('gamma', { kind: 'status', status: 200, afterMs: SLOW_MS })
  await wait(SLOW_MS)
  void part.stop()
  await stage.receiver.behave('gamma', OK)
}

async function goOn(
  stage: Stage,
  how: How,
  { whileStopping }: Point,
  part: Part,
  struck: Struck,
): Promise<void> {
  switch (how) {
    case 'kill':
      return
    case 'term':
      expectEnded(stage, part, await part.ended)
      return
    case 'stop':
      await wait(Math.max(0, struck.atMs + stage.size(FROZEN_QUICK_MS, FROZEN_MS) - Date.now()))
      struck.goOn()
      if (whileStopping === true) {
        // It may have stood still for longer than it may take to end.
        await part.ended
        return
      }
      await wait(AWAKE_MS)
      expectEnded(stage, part, await part.stop())
      return
    default:
      how satisfies never
  }
}

function expectEnded(stage: Stage, part: Part, code: number | string): void {
  stage.expect(code === 0, 'ends with 0', `${part.name} ended with ${String(code)}`)
}

/** As people are told of it. */
export function labelOf({ kind, name }: Point): string {
  return `${name} of a ${kind}`
}

function leaseKey(lease: string): string {
  return `{manifold}:lease:${lease}`
}
