/** What every conformance test does: one event to one target, and what became of its delivery. */
import type { Auth } from '@manifold/domain'
import type { HttpTargetDefinition, TargetDefinition } from '@manifold/config'
import type { Api, DeliveryAnswer } from './api.ts'
import { eventually } from './eventually.ts'
import { startScriptedApi, type ScriptedApi } from './scripted-api.ts'
import { startSystem, type System } from './system.ts'

/** No delivery of these tests takes longer. */
const END_MS = 8_000

/** A target that fails soon and retries at once. */
export const QUICK = {
  timeoutMs: 5_000,
  retry: { maxAttempts: 2, baseDelayMs: 5, maxDelayMs: 10 },
  breaker: { minimumAttempts: 10_000 },
}

export type Stage = {
  readonly server: ScriptedApi
  readonly system: System
  readonly close: () => Promise<void>
}

/** A system whose targets are at one scripted server. */
export async function setStage(
  targets: (server: ScriptedApi) => TargetDefinition[],
  server?: ScriptedApi,
  environment?: Record<string, string>,
): Promise<Stage> {
  const api = server ?? (await startScriptedApi())
  const system = await startSystem({
    config: () => ({ targets: targets(api) }),
    ...(environment === undefined ? {} : { environment }),
  })
  return {
    server: api,
    system,
    close: async () => {
      await system.close()
      await api.close()
    },
  }
}

/** A target named like its path at the server. */
export function authTarget(server: ScriptedApi, name: string, auth: Auth): HttpTargetDefinition {
  return { ...QUICK, name, url: `${server.url}/${name}`, auth }
}

/** Posts an event for one target. @returns its id */
export async function post(api: Api, target: string, data: unknown = {}): Promise<string> {
  const { body } = await api.post({ type: 'order.placed', data, targets: [target] })
  return body.id
}

/** The delivery of an event that goes to one target. */
export async function deliveryOf(api: Api, eventId: string): Promise<DeliveryAnswer> {
  const [delivery] = (await api.event(eventId)).deliveries
  if (delivery === undefined) throw new Error(`${eventId} has no delivery`)
  return delivery
}

/** The delivery once it has this status. */
export function reached(api: Api, eventId: string, status: string): Promise<DeliveryAnswer> {
  return eventually(
    `${eventId} to be ${status}`,
    async () => {
      const delivery = await deliveryOf(api, eventId)
      return delivery.status === status ? delivery : undefined
    },
    END_MS,
  )
}

/** The delivery as it ended. */
export function ended(api: Api, eventId: string): Promise<DeliveryAnswer> {
  return eventually(
    `${eventId} to end`,
    async () => {
      const { settledAt, deliveries } = await api.event(eventId)
      return settledAt === null ? undefined : deliveries[0]
    },
    END_MS,
  )
}

/** Posts an event for one target and waits for its end. */
export async function deliver(api: Api, target: string, data: unknown = {}): Promise<DeliveryAnswer> {
  return ended(api, await post(api, target, data))
}

export function eventIdOf(delivery: DeliveryAnswer): string {
  return delivery.id.slice(0, -delivery.target.length - 1)
}
