/** Load: lanes that go on posting until they are told to stop. */
import { setTimeout as wait } from 'node:timers/promises'
import { postUntilAccepted, type LaneDeps, type NewEvent } from './lane.ts'

export type LoadOptions = {
  /** Default 8. */
  readonly lanes?: number
  /** Over all lanes; as fast as they can without. */
  readonly eventsPerSecond?: number
  readonly targets: readonly string[]
  readonly fillBytes?: number
  /** Ends by itself after so many. */
  readonly events?: number
  /** After an outage what was not posted is made up for; without, no more than a second's worth is. */
  readonly catchesUp?: boolean
}

export type Load = {
  /** Answered 202 so far. */
  readonly accepted: () => number
  /** Ends when every event that was begun is accepted. */
  readonly stop: () => Promise<void>
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<void>
}

let loads = 0

/** Starts posting. */
export function startLoad(deps: LaneDeps, options: LoadOptions): Load {
  const { lanes = 8, events = Infinity, eventsPerSecond, targets, fillBytes, catchesUp = false } = options
  const name = `load-${String(++loads)}`
  let begun = 0
  let accepted = 0
  let stopping = false
  const isStopping = () => stopping
  const pauseMs = eventsPerSecond === undefined ? 0 : (lanes * 1_000) / eventsPerSecond

  const drive = async (lane: number): Promise<void> => {
    let dueMs = performance.now() + (pauseMs * lane) / lanes
    while (!isStopping() && begun < events) {
      if (pauseMs > 0) await wait(Math.max(0, dueMs - performance.now()))
      dueMs = Math.max(dueMs + pauseMs, catchesUp ? -Infinity : performance.now() - 1_000)
      if (isStopping()) return
      const event: NewEvent = {
        key: `${name}-${String(begun++)}`,
        targets,
        ...(fillBytes === undefined ? {} : { fillBytes }),
      }
      if ((await postUntilAccepted(deps, event)) !== undefined) accepted++
    }
  }
  const ended = Promise.all(Array.from({ length: lanes }, (_, lane) => drive(lane))).then(() => undefined)

  return {
    accepted: () => accepted,
    stop: async () => {
      stopping = true
      await ended
    },
    ended,
  }
}
