import { setTimeout as wait } from 'node:timers/promises'
import { residentBytes } from '../../bench/measure/process-cost.ts'
import type { Scenario } from './scenario.ts'

const HUGE_BYTES = 200_000_000

/** The default of every target. */
const MAX_RESPONSE_BYTES = 65_536

/**
 * How much a worker may grow: less than half of one such answer. With 20 attempts under way at each of two targets it holds
 * no more than 40 × 64 KiB, and as much again in pieces that the collector has not come to yet.
 */
const MAY_GROW_BYTES = 80_000_000

/** What the buffers of the sockets, and of the proxy between, take before they notice that nobody reads on. */
const ON_THE_WAY_BYTES = 20_000_000

const LOOK_MS = 20

export const targetHuge: Scenario = {
  name: 'target-huge',
  title: 'Targets that answer with 200 MB as fast as they are taken, with 200 and with 500',
  promise:
    'no more than maxResponseBytes is read and kept, the connection is dropped; the status counts: delivered, or tried again',
  run: async (stage) => {
    const count = stage.size(40, 300)
    // What a worker is when it has done this before, with answers of an ordinary size.
    await stage.load({ events: count }).ended
    await stage.until('the small ones', () => stage.requests().length >= 3 * count)
    const workers = stage.workers()
    const before = workers.map(({ pid }) => residentBytes(pid))
    const most = [...before]
    const look = () => {
      for (const [index, { pid }] of workers.entries())
        most[index] = Math.max(most[index] ?? 0, residentBytes(pid))
    }

    const huge = { kind: 'big', bytes: HUGE_BYTES, enoughBytes: MAX_RESPONSE_BYTES } as const
    const small = stage.requests().length
    await stage.receiver.behave('alpha', { ...huge, status: 200 })
    await stage.receiver.behave('beta', {
      kind: 'sequence',
      answers: [
        { ...huge, status: 500 },
        { kind: 'status', status: 200 },
      ],
    })
    const load = stage.load({ events: count })
    // alpha once, beta twice, gamma once.
    await stage.until('all of it', async () => {
      look()
      await wait(LOOK_MS)
      return stage.requests().length >= small + 4 * count
    })
    await load.ended

    const answers = stage.requests().map(({ answerBytes }) => answerBytes)
    const longest = Math.max(...answers)
    const grown = most.map((bytes, index) => bytes - (before[index] ?? 0))
    const growth = Math.max(...grown)
    stage.expect(
      growth < MAY_GROW_BYTES,
      `no worker grows by ${megabytes(MAY_GROW_BYTES)}`,
      `one grew by ${megabytes(growth)}`,
    )
    stage.expect(
      longest < ON_THE_WAY_BYTES,
      'the connection is dropped',
      `${megabytes(longest)} of an answer went out`,
    )
    stage.note(
      `${String(2 * count)} answers of ${megabytes(HUGE_BYTES)}, of which at most ${megabytes(longest)} left the target; workers grew by ${grown.map(megabytes).join(', ')} at most`,
    )
  },
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
