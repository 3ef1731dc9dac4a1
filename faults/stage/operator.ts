/** The operator of a run: what a person does to targets and dead letters, entered in the ledger where it is a promise. */
import { z } from 'zod'
import { readDeadLetters } from '../oracle/read-api.ts'
import type { Ledger } from '../oracle/ledger.ts'
import type { DeadLetterSeen } from '../oracle/snapshot.ts'
import type { Disturbances } from './disturbances.ts'

export type Operator = {
  /** @returns lets it go on @throws when it was not done, which holds for that, too */
  readonly pause: (target: string) => Promise<() => Promise<void>>
  readonly deadLetters: () => Promise<DeadLetterSeen[]>
  /** The state of a target's breaker, as the API tells it. */
  readonly breaker: (target: string) => Promise<string>
  /** @returns the status of the answer */
  readonly replay: (deliveryId: string) => Promise<number>
  /** @returns the status of the answer */
  readonly discard: (deliveryId: string) => Promise<number>
  /** Begins a bulk replay. @returns where its progress is read */
  readonly replayAll: (filter: Readonly<Record<string, unknown>>) => Promise<string>
  readonly progress: (path: string) => Promise<ReplayProgress>
}

export type ReplayProgress = {
  readonly status: string
  readonly matched: number
  readonly replayed: number
  readonly failed: number
}

export type OperatorDeps = {
  /** Of a producer that is there. */
  readonly origin: () => string | undefined
  readonly ledger: Ledger
  readonly disturbances: Disturbances
}

const ADMIN = '/v1/admin'

const targetAnswer = z.object({ breaker: z.object({ state: z.string() }) })

export function createOperator({ origin, ledger, disturbances }: OperatorDeps): Operator {
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${origin() ?? 'http://nobody.invalid'}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  const ask = async (method: string, path: string): Promise<{ status: number; text: string }> => {
    const answer = await call(method, path)
    return { status: answer.status, text: await answer.text() }
  }
  const did = async (method: string, path: string): Promise<number> => (await ask(method, path)).status
  return {
    pause: async (target) => {
      const over = disturbances.begin(`pause of ${target}`, 'lateness', { target })
      const order = async (verb: 'pause' | 'resume') => {
        const status = await did('POST', `${ADMIN}/targets/${target}/${verb}`)
        if (status >= 300) throw new Error(`${verb} of ${target} was answered ${String(status)}`)
      }
      await order('pause').catch((error: unknown) => {
        over()
        throw error
      })
      return async () => {
        await order('resume')
        over()
      }
    },
    deadLetters: () => readDeadLetters(origin() ?? ''),
    breaker: async (target) => {
      const { breaker } = targetAnswer.parse(await (await call('GET', `${ADMIN}/targets/${target}`)).json())
      return breaker.state
    },
    replay: async (deliveryId) => {
      const atMs = Date.now()
      const status = await did('POST', `${ADMIN}/dead-letters/${deliveryId}/replay`)
      if (status === 202) await ledger.add({ kind: 'replayed', deliveryId, atMs })
      return status
    },
    discard: async (deliveryId) => {
      const atMs = Date.now()
      const { status, text } = await ask('DELETE', `${ADMIN}/dead-letters/${deliveryId}`)
      // Discarded before: by a call of this operator whose answer was lost. There is no other.
      if (status === 204 || text.includes('the delivery is discarded'))
        await ledger.add({ kind: 'discarded', deliveryId, atMs })
      return status
    },
    replayAll: async (filter) => {
      const answer = await call('POST', `${ADMIN}/dead-letters/replay`, filter)
      await answer.text()
      const path = answer.headers.get('location')
      if (answer.status !== 202 || path === null)
        throw new Error(`a replay was answered ${String(answer.status)}`)
      return path
    },
    progress: async (path) => (await (await call('GET', path)).json()) as ReplayProgress,
  }
}
