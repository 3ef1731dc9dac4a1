/**
 * The settler: settles a target's deliveries together. What is handed in during one turn shares a round trip, and while
 * one is under way the next gathers. Behind a batch of several there is a pause for more: the busier the worker, the larger
 * the batches; an idle one waits for nobody.
 *
 * A batch that Redis cannot run is settled one by one, so that one odd record fails alone. While Redis refuses to write (it is full,
 * it loads, it has been demoted) an outcome is kept and offered again: dropping it would send the request a second time.
 */
import type { BreakerPolicy } from '@manifold/domain'
import { HEARS_NOTHING, type Heard } from './owed-event.ts'
import { isRedisReply, isStoreUnavailable } from './unavailable.ts'
import { settleDeliveries, settleDelivery, type SettleInput, type SettleResult } from './settle.ts'
import type { Store } from './store.ts'

/** Redis does nothing else while it runs a script: about a millisecond at most. */
const MAX_BATCH = 50

/** How long to gather for each settlement of the batch before, and at most. Nothing a caller waits for is delayed by it. */
const PAUSE_EACH_MS = 0.5
const MAX_PAUSE_MS = 4

/** How soon what Redis refused is offered again. */
const REFUSED_PAUSE_MS = 200

/** Settles one delivery. @throws what Redis answered when it could not */
export type Settle = (input: SettleInput) => Promise<SettleResult>

type Waiting = {
  readonly input: SettleInput
  readonly resolve: (result: SettleResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * One for each target of a process.
 * @param heard the happenings that are owed now
 */
export function createSettler(
  store: Store,
  target: string,
  policy: BreakerPolicy,
  heard: () => Heard = () => HEARS_NOTHING,
): Settle {
  let gathering: Waiting[] = []
  let running = false

  const run = async (): Promise<void> => {
    // Attempts that end in the same turn go together.
    await new Promise((resolve) => setImmediate(resolve))
    while (gathering.length > 0) {
      const batch = gathering.slice(0, MAX_BATCH)
      gathering = gathering.slice(MAX_BATCH)
      await settleBatch(store, target, policy, batch, heard())
      const pauseMs = Math.min(batch.length * PAUSE_EACH_MS, MAX_PAUSE_MS)
      if (pauseMs >= 1 && gathering.length < MAX_BATCH)
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    running = false
  }

  return (input) =>
    new Promise((resolve, reject) => {
      gathering.push({ input, resolve, reject })
      if (running) return
      running = true
      void run()
    })
}

/** Settles each delivery by itself: for a target whose deliveries share no breaker. */
export function createSingleSettler(store: Store, policy: BreakerPolicy): Settle {
  return (input) => whileRefused(() => settleDelivery(store, input, policy))
}

/** Never throws: each one waiting hears how its own settlement went. */
async function settleBatch(
  store: Store,
  target: string,
  policy: BreakerPolicy,
  batch: readonly Waiting[],
  heard: Heard,
): Promise<void> {
  try {
    const inputs = batch.map(({ input }) => input)
    const results = await whileRefused(() => settleDeliveries(store, target, policy, inputs, heard))
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = results[index]
      if (result === undefined) reject(new Error('a settlement without an answer'))
      else resolve(result)
    }
  } catch (error) {
    if (batch.length === 1 || isStoreUnavailable(error)) {
      for (const { reject } of batch) reject(error)
      return
    }
    await Promise.all(
      batch.map(({ input, resolve, reject }) =>
        whileRefused(() => settleDelivery(store, input, policy, heard)).then(resolve, reject),
      ),
    )
  }
}

/** Repeats what Redis refuses for now. Settling can be repeated: it changes nothing the second time. */
async function whileRefused<T>(settle: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await settle()
    } catch (error) {
      if (!isRedisReply(error) || !isStoreUnavailable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, REFUSED_PAUSE_MS))
    }
  }
}
