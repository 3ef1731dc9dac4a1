/**
 * A rolling deploy: producers and workers of one version are replaced, one after the other, by those of the next one, and back
 * again, while callers go on publishing. Nobody notices.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { deadLetterJobIds } from '@manifold/queue'
import { keys } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiAt } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, TARGETS, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'
import type { PartProcess } from '../support/part.ts'

const NEXT = { NODE_OPTIONS: `--import ${new URL('../support/next-version.ts', import.meta.url).href}` }
const CALLERS = 4
/** Between two events of a caller: the machine is to be busy, not full. */
const PACE_MS = 25

let stage: FaultStage
let producers: PartProcess[] = []
let workers: PartProcess[] = []

beforeEach(async () => {
  stage = await setFaultStage()
  // Some are under way whenever a worker is told to stop.
  for (const target of TARGETS) stage.sandbox.behave(target, '/delay/30')
  producers = [await stage.producer(), await stage.producer()]
  workers = [await stage.worker(), await stage.worker()]
})

afterEach(() => stage.close())

/** Callers that publish until told to stop, at whichever producer takes their connection. */
function startCallers() {
  const accepted: string[] = []
  const refusals: string[] = []
  let going = true
  const isGoing = () => going
  const call = async (caller: number): Promise<void> => {
    for (let number = 0; isGoing(); number++) {
      const id = `evt-${String(caller)}-${String(number)}`
      for (let tries = 0; !(await publish(id, caller + number + tries)); tries++);
      await pause(PACE_MS)
    }
  }
  /** @returns whether somebody answered; as a load balancer would, the next one is asked when not */
  const publish = async (id: string, at: number): Promise<boolean> => {
    const port = producers[at % producers.length]?.port ?? 0
    const body = JSON.stringify({ id, type: 'a.b', data: 1 })
    const headers = { 'content-type': 'application/json' }
    const url = `http://127.0.0.1:${String(port)}/v1/events`
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined)
    if (answer === undefined) return false
    const text = await answer.text().catch(() => undefined)
    if (text === undefined) return false
    if (answer.status === 202) accepted.push(id)
    else refusals.push(`${String(answer.status)} ${text}`)
    return true
  }
  const calling = Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
  return {
    accepted,
    refusals,
    stop: async () => {
      going = false
      await calling
    },
  }
}

/** Stops the one, then starts the other. */
async function replace(
  parts: PartProcess[],
  start: (environment: Record<string, string>) => Promise<PartProcess>,
  environment: Record<string, string>,
): Promise<void> {
  for (const [index, old] of parts.entries()) {
    old.kill('SIGTERM')
    expect(await old.ended).toBe(0)
    parts[index] = await start(environment)
  }
}

/** Whether records and jobs of the next version were really made. */
async function sawNewer(): Promise<boolean> {
  for (const id of await stage.store.redis.zrevrange(keys.events, 0, 20)) {
    const state = await stage.store.redis.hget(keys.event(id), 'alpha/state')
    if (state?.split(' ').length === 15) return true
  }
  return false
}

test.each([
  { title: 'producers first', producersFirst: true },
  { title: 'workers first', producersFirst: false },
])(
  '$title, there and back: nothing is lost, refused, failed or sent twice',
  async ({ producersFirst }) => {
    const callers = startCallers()
    const replaceBoth = async (environment: Record<string, string>, first: 'producers' | 'workers') => {
      if (first === 'producers') await replace(producers, stage.producer, environment)
      await replace(workers, stage.worker, environment)
      if (first === 'workers') await replace(producers, stage.producer, environment)
    }
    const old = [...workers]
    await eventually('some to be accepted', () => callers.accepted.length > 20)
    await replaceBoth(NEXT, producersFirst ? 'producers' : 'workers')
    const upgraded = callers.accepted.length
    await eventually('more to be accepted', () => callers.accepted.length > upgraded + 20)
    expect(await sawNewer()).toBe(true)
    if (producersFirst)
      expect(old.some((worker) => worker.output().includes('newer version wrote'))).toBe(true)

    // Back again: producers first, so that nothing newer is made; the workers, which could follow now, finish what there is.
    await replace(producers, stage.producer, {})
    const back = callers.accepted.length
    await eventually('some of the version before', () => callers.accepted.length > back + 20)
    await callers.stop()
    const api = apiAt(`http://127.0.0.1:${String(producers[0]?.port)}`)
    const received = () => stage.sandbox.received()
    const events = await expectKept({
      ...stage,
      api,
      received,
      accepted: callers.accepted,
      timeoutMs: 30_000,
    })
    expect(callers.refusals).toEqual([])
    expect(events.filter(({ status }) => status !== 'delivered')).toEqual([])
    expect(received()).toHaveLength(new Set(callers.accepted).size * TARGETS.length)
    for (const target of TARGETS) expect(await deadLetterJobIds(stage.queues, target)).toEqual([])
  },
  90_000,
)
