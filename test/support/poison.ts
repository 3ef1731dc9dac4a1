/** The stage of tests of poison: a supervised worker for `alpha`, and what is promised of a delivery that ends it. */
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Api, EventAnswer } from './api.ts'
import { eventually } from './eventually.ts'
import { setFaultStage, type FaultStage } from './fault-stage.ts'
import { expectKept } from './oracle.ts'
import { supervise, type Supervisor } from './supervisor.ts'

/** As SUSPECT_AFTER_CRASHES has it; said again here, since it is what users are promised. */
export const MOST_CRASHES = 3

const ENVIRONMENT = {
  MANIFOLD_CONFIG: fileURLToPath(new URL('poison.config.ts', import.meta.url)),
}

export type PoisonStage = FaultStage & {
  readonly api: Api
  /** Posts an event whose data says what becomes of its worker. @returns its id */
  readonly post: (data: Record<string, unknown>) => Promise<string>
  /** The event once it has settled. */
  readonly settled: (id: string) => Promise<EventAnswer>
  /** Starts the worker, and another one whenever it ends; they are stopped with the stage. */
  readonly supervise: () => Supervisor
  /** Waits until all has ended. @returns the events, in order */
  readonly kept: (ids: readonly string[]) => Promise<EventAnswer[]>
}

export async function setPoisonStage(): Promise<PoisonStage> {
  const stage = await setFaultStage()
  const { api } = await stage.producer(ENVIRONMENT)
  let supervisor: Supervisor | undefined
  return {
    ...stage,
    api,
    post: async (data) => {
      const { status, body } = await api.post({ type: 'order.placed', data })
      expect(status).toBe(202)
      return body.id
    },
    settled: (id) =>
      eventually(
        'the event to settle',
        async () => {
          const event = await api.event(id)
          return event.settledAt === null ? undefined : event
        },
        60_000,
      ),
    supervise: () => (supervisor = supervise(stage, ENVIRONMENT)),
    kept: (accepted) =>
      expectKept({ ...stage, api, received: () => stage.sandbox.received(), accepted, crashed: true }),
    close: async () => {
      await supervisor?.stop()
      await stage.close()
    },
  }
}

/** One among good ones ends its worker: it is dead as invalid after so many workers, and the others are delivered. */
export async function expectFoundAlone(stage: PoisonStage, how: string, good: number): Promise<void> {
  const events: Record<string, unknown>[] = Array.from({ length: good }, () => ({ slow: true }))
  events.splice(good / 2, 0, { how })
  const ids = await Promise.all(events.map(stage.post))
  const [poison = ''] = ids.splice(good / 2, 1)
  const supervisor = stage.supervise()
  expect(await stage.settled(poison)).toMatchObject({
    status: 'failed',
    deliveries: [{ status: 'dead', reason: 'invalid', attempts: 1 }],
  })
  expect(await stage.api.attempts(poison)).toMatchObject([{ outcome: 'permanent', reason: 'worker-crashed' }])
  const [dead, ...others] = await stage.kept([poison, ...ids])
  expect(dead?.status).toBe('failed')
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['delivered']))
  expect(supervisor.crashes()).toBeLessThanOrEqual(MOST_CRASHES)
}
