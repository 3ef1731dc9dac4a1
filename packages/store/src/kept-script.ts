/**
 * Keeping: scripts whose answer becomes a promise to a caller. Where replicas are asked for, the promise holds only when so
 * many of them have what the script did: a master that dies the next moment is then replaced by one that knows of it.
 *
 * The script and the `WAIT` behind it go over one connection in one go: what another connection waits for could be another
 * master. Redis counts from the last command of the connection, so the answer "that was here before" is held to the same.
 * While a `WAIT` is under way nothing else is answered on its connection, so it has one of its own, and what comes in
 * meanwhile shares the next one.
 */
import type { RedisClient } from './connection.ts'
import { callOf, pastPoints, runScript, type Argument, type Script } from './script.ts'
import { TooFewReplicasError } from './unavailable.ts'

/** How long replicas may take. */
const WAIT_MS = 500

/** A call ends in this time, also behind others that wait, or while a cluster looks for its master: as any fail-fast command. */
const LIMIT_MS = 1_500

const MAX_BATCH = 200

type Call = {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly Argument[]
}

type Waiting = Call & {
  /** The slot had another master, which may not know the script; or it was not known: each of them once. */
  readonly again?: 'elsewhere' | 'whole'
  /** It was refused for the time it took. */
  readonly isOver: () => boolean
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Runs a script and waits for replicas. @throws {TooFewReplicasError} when too few have it in time: it has run all the same */
export type Keep = (call: Call) => Promise<unknown>

/** Runs a script whose effect a caller will rely on. Costs nothing more where no replicas are asked for. */
export function runKept(
  store: { readonly redis: RedisClient; readonly keep?: Keep | undefined },
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  const { redis, keep } = store
  return keep === undefined
    ? runScript(redis, script, keys, args)
    : pastPoints(script, () => keep({ script, keys, args }))
}

/**
 * @param redis a fail-fast connection that nobody else uses
 * @param replicas how many must have it
 */
export function createKeep(redis: RedisClient, replicas: number): Keep {
  let gathering: Waiting[] = []
  let running = false

  const run = async (): Promise<void> => {
    // What is asked for in one turn goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (gathering.length > 0) {
      // Who has been refused meanwhile asks again.
      const wanted = gathering.filter(({ isOver }) => !isOver())
      const batch = wanted.slice(0, MAX_BATCH)
      gathering = wanted.slice(MAX_BATCH)
      if (batch.length === 0) break
      gathering.unshift(...(await keepBatch(redis, replicas, batch)))
    }
    running = false
  }

  return (call) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    let over = false
    const timer = setTimeout(() => {
      over = true
      reject(
        new TooFewReplicasError(`not kept within ${String(LIMIT_MS)} ms; send it again under the same key`),
      )
    }, LIMIT_MS)
    gathering.push({ ...call, resolve, reject, isOver: () => over })
    if (!running) {
      running = true
      void run()
    }
    return promise.finally(() => {
      clearTimeout(timer)
    })
  }
}

/** Never throws: each one waiting hears how its own went. @returns those that have to go again */
async function keepBatch(
  redis: RedisClient,
  replicas: number,
  batch: readonly Waiting[],
): Promise<Waiting[]> {
  const pipeline = redis.pipeline()
  for (const { script, keys, args, again } of batch) {
    pipeline.call(...callOf(script, again === 'whole'), keys.length, ...keys, ...args)
  }
  pipeline.call('WAIT', replicas, WAIT_MS)
  try {
    const replies = (await pipeline.exec()) ?? []
    const shortage = shortageOf(replicas, replies[batch.length])
    const left = batch.flatMap((one, index) => {
      const [error, reply] = replies[index] ?? [new Error('no reply')]
      const again = error instanceof Error ? whatNext(error, one) : undefined
      if (again !== undefined) return [{ ...one, again }]
      if (error ?? shortage) one.reject(error ?? shortage)
      else one.resolve(reply)
      return []
    })
    // A pipeline that is refused in part tells the client nothing of where the slot is; a command by itself does.
    const [moved] = left.filter(({ again }) => again === 'elsewhere')
    if (moved?.keys[0] !== undefined) await redis.exists(moved.keys[0])
    return left
  } catch (error) {
    for (const { reject } of batch) reject(error)
    return []
  }
}

function whatNext({ message }: Error, { again }: Waiting): Waiting['again'] {
  if (message.startsWith('NOSCRIPT') && again !== 'whole') return 'whole'
  return message.startsWith('MOVED') && again === undefined ? 'elsewhere' : undefined
}

type Reply = readonly [error: Error | null, reply?: unknown]

/** What is wrong with the answer to `WAIT`, if anything. A master that was demoted meanwhile does not wait: that is too few as well. */
function shortageOf(replicas: number, [error, reached]: Reply = [new Error('no reply')]): Error | undefined {
  if (error === null && Number(reached) >= replicas) return undefined
  const what =
    error === null
      ? `${String(reached)} of ${String(replicas)} replicas have it after ${String(WAIT_MS)} ms`
      : `replicas were not heard of: ${error.message}`
  return new TooFewReplicasError(`${what}; send it again under the same key`)
}
