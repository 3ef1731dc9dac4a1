import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { repeat } from './background.ts'

const HOUR_MS = 3_600_000
const fail = (error: unknown) => {
  throw error
}

/** A task whose runs end when the test says so. */
function heldTask() {
  const runs: PromiseWithResolvers<undefined>[] = []
  return {
    task: () => {
      const run = Promise.withResolvers<undefined>()
      runs.push(run)
      return run.promise
    },
    started: () => runs.length,
    end: () => runs.at(-1)?.resolve(undefined),
    fail: (error: Error) => runs.at(-1)?.reject(error),
  }
}

describe('background work', () => {
  test('runs at once, and not again before the pause is over', async () => {
    const held = heldTask()
    const work = repeat(HOUR_MS, held.task, fail)
    expect(held.started()).toBe(1)
    held.end()
    await work.stop()
    expect(held.started()).toBe(1)
  })

  test('runs again after each pause', async () => {
    let runs = 0
    const work = repeat(1, () => Promise.resolve(runs++), fail)
    await eventually('several runs', () => runs >= 4)
    await work.stop()
  })

  test('runs one at a time, however long a run takes', async () => {
    let underWay = 0
    let most = 0
    let runs = 0
    const work = repeat(
      1,
      async () => {
        most = Math.max(most, ++underWay)
        await new Promise((resolve) => setImmediate(resolve))
        underWay--
        runs++
      },
      fail,
    )
    await eventually('several runs', () => runs >= 4)
    await work.stop()
    expect(most).toBe(1)
  })

  test('pauses from the end of one run to the start of the next', async () => {
    const PAUSE_MS = 40
    const held = heldTask()
    const startedAt = performance.now()
    const work = repeat(PAUSE_MS, held.task, fail)
    await eventually('a run longer than the pause', () => performance.now() - startedAt > PAUSE_MS)
    expect(held.started()).toBe(1)
    const endedAt = performance.now()
    held.end()
    await eventually('a second run', () => held.started() === 2)
    const pauseMs = performance.now() - endedAt
    const stopped = work.stop()
    held.end()
    await stopped
    // A timer may fire up to a millisecond early by this clock.
    expect(pauseMs).toBeGreaterThan(PAUSE_MS - 2)
  })

  test('goes on after a failed run, and tells of it', async () => {
    const errors: unknown[] = []
    let runs = 0
    const work = repeat(
      1,
      () => (++runs === 1 ? Promise.reject(new Error('first')) : Promise.resolve()),
      (error) => errors.push(error),
    )
    await eventually('the next run', () => runs >= 2)
    await work.stop()
    expect(errors).toEqual([new Error('first')])
  })

  test('goes on after a run that throws before it waits', async () => {
    const errors: unknown[] = []
    let runs = 0
    const task = () => {
      runs++
      if (runs === 1) throw new Error('first')
      return Promise.resolve()
    }
    const work = repeat(1, task, (error) => errors.push(error))
    await eventually('the next run', () => runs >= 2)
    await work.stop()
    expect(errors).toHaveLength(1)
  })
})

describe('waking', () => {
  test('ends the pause', async () => {
    let runs = 0
    const work = repeat(HOUR_MS, () => Promise.resolve(runs++), fail)
    for (const count of [2, 3]) {
      await eventually('the next run', () => {
        work.wake()
        return runs >= count
      })
    }
    await work.stop()
  })

  test('does not start a run beside the one under way', async () => {
    const held = heldTask()
    const work = repeat(HOUR_MS, held.task, fail)
    work.wake()
    work.wake()
    expect(held.started()).toBe(1)
    const stopped = work.stop()
    held.end()
    await stopped
  })
})

describe('stopping', () => {
  test('waits for the run under way, and begins no other', async () => {
    const held = heldTask()
    const work = repeat(1, held.task, fail)
    let stopped = false
    const stopping = work.stop().then(() => {
      stopped = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(stopped).toBe(false)
    held.end()
    await stopping
    expect(held.started()).toBe(1)
  })

  test('does not wait for the end of the pause', async () => {
    let runs = 0
    const work = repeat(HOUR_MS, () => Promise.resolve(runs++), fail)
    await eventually('the first run', () => runs === 1)
    await work.stop()
    work.wake()
    expect(runs).toBe(1)
  })

  test('does not tell of a run that failed because of it', async () => {
    const held = heldTask()
    const errors: unknown[] = []
    const work = repeat(1, held.task, (error) => errors.push(error))
    const stopped = work.stop()
    held.fail(new Error('connection closed'))
    await stopped
    expect(errors).toEqual([])
  })

  test('twice is stopping once', async () => {
    const work = repeat(1, () => Promise.resolve(), fail)
    await Promise.all([work.stop(), work.stop()])
    await expect(work.stop()).resolves.toBeUndefined()
  })
})

test('a wake-up during a run means one more run right behind it', async () => {
  let runs = 0
  let finish: () => void = () => undefined
  const work = repeat(
    3_600_000,
    async () => {
      runs++
      if (runs === 1) await new Promise<void>((resolve) => (finish = resolve))
    },
    () => undefined,
  )
  work.wake()
  work.wake()
  finish()
  await eventually('the second run', () => runs === 2)
  await work.stop()
  expect(runs).toBe(2)
})
