/** Clocks that are wrong, and are moved: what is due when goes by Redis's, so that nobody notices. */
import { setTimeout as wait } from 'node:timers/promises'
import { POLICY } from '../oracle/policy.ts'
import type { Behaviour } from '../receiver/behaviour.ts'
import type { Stage } from '../stage/stage.ts'
import { createWrongClock, ensureFaketime, type WrongClock } from '../stage/wrong-clock.ts'
import { anyone } from './anyone.ts'
import type { Scenario } from './scenario.ts'

/** Every wait there is: retries, seconds, dates, and none. */
const MOODY: Behaviour = {
  kind: 'sequence',
  answers: [
    { kind: 'status', status: 503 },
    { kind: 'status', status: 500, retryAfter: { form: 'date', seconds: 2 } },
    { kind: 'status', status: 200, afterMs: 100 },
  ],
}
const THROTTLING: Behaviour = {
  kind: 'sequence',
  answers: [
    { kind: 'status', status: 429, retryAfter: { form: 'date', seconds: 2 } },
    { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 1 } },
    { kind: 'status', status: 200 },
  ],
}

const HOUR_MS = 3_600_000
const DELAY_MS = 2_000
/** Between the acceptance and its answer, and between a worker and the receiver. */
const EARLY_MS = 50
const LATE_MS = 5_000

export const clockWrong: Scenario = {
  name: 'clock-wrong',
  title: 'One producer and one worker whose clocks are an hour ahead, an hour behind, and moved under load',
  promise:
    'nobody notices: nothing is retried, delivered or given up early or late, also where only the wrong clocks are left',
  stage: { producers: 1, workers: 1, policy: { retry: { ...POLICY.retry, maxAttempts: 20 } } },
  missing: () =>
    ensureFaketime() === undefined ? 'there is no libfaketime: apt-get install faketime' : undefined,
  run: async (stage) => {
    const library = ensureFaketime() ?? ''
    const clocks = [0, 1].map(() => createWrongClock(library, stage.folder))
    const [ofProducer, ofWorker] = clocks
    if (ofProducer === undefined || ofWorker === undefined) throw new Error('two clocks were made')
    ofProducer.set('+1h')
    ofWorker.set('-1h')
    for (const part of [
      await stage.addProducer(ofProducer.environment),
      await stage.addWorker(ofWorker.environment),
    ]) {
      const logTime = () => Date.parse(/"time":"([^"]+)"/.exec(part.output())?.[1] ?? '')
      await stage.until(`${part.name} to log`, () => !Number.isNaN(logTime()))
      if (Math.abs(logTime() - Date.now()) < HOUR_MS / 2)
        throw new Error(`the clock of ${part.name} is right`)
    }
    await stage.receiver.behave('alpha', MOODY)
    await stage.receiver.behave('beta', THROTTLING)

    const load = stage.load({ eventsPerSecond: 40, targets: ['alpha', 'gamma'] })
    await postThoseThatWait(stage)
    await wait(stage.size(1_500, 10_000))
    await moveClocks(stage, ofProducer, ofWorker)

    // Only the wrong ones are left; nobody does their work for them.
    await anyone(stage.workers()).stop()
    await anyone(stage.producers()).stop()
    await moveClocks(stage, ofProducer, ofWorker)
    await load.stop()
  },
}

/** Each is moved to where the other one was, and back; what waits meanwhile comes when it is due. */
async function moveClocks(stage: Stage, ofProducer: WrongClock, ofWorker: WrongClock): Promise<void> {
  for (const [producer, worker] of [
    ['-1h', '+1h'],
    ['+1h', '-1h'],
  ] as const) {
    ofProducer.set(producer)
    ofWorker.set(worker)
    await postThoseThatWait(stage)
    await wait(stage.size(2_000, 10_000))
  }
}

let posted = 0

/** Posts events that are to wait: for their target's patience, and until they are due. Sees to it that it is then. */
async function postThoseThatWait(stage: Stage): Promise<void> {
  const key = `delayed-${String(++posted)}`
  // Few: each of them holds its target for seconds.
  await stage.load({ events: 5, targets: ['beta'] }).ended
  const fromMs = Date.now()
  await stage.post({ key, targets: ['gamma'], delayMs: DELAY_MS })
  const acceptedMs = Date.now()
  const came = () => stage.requests().find((request) => request.key === key)
  await stage.until('the delayed event', () => came() !== undefined, DELAY_MS + 2 * LATE_MS)
  const atMs = came()?.atMs ?? 0
  stage.expect(
    atMs >= fromMs + DELAY_MS - EARLY_MS && atMs <= acceptedMs + DELAY_MS + LATE_MS,
    'what is put off comes when it is due',
    `${key} came ${String(atMs - acceptedMs)} ms after it was accepted, ${String(DELAY_MS)} were asked for`,
  )
}
