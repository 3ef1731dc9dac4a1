/** The links of a run: a fault proxy on each way that parts talk over, its faults noted as disturbances. */
import type { Scope } from '../../bench/stage/scope.ts'
import { NO_FAULT, type Fault } from '../proxy/fault.ts'
import { startProxy } from '../proxy/proxy.ts'
import type { Window } from '../oracle/windows.ts'
import type { Disturbances } from './disturbances.ts'

export type Link = {
  readonly port: number
  /** @returns ends the fault */
  readonly fail: (fault: Fault) => Promise<() => Promise<void>>
  /** How often a fault of this kind has done something to what passed. */
  readonly bites: (kind: Fault['kind']) => number
  /** Ends whatever fault there is. */
  readonly heal: () => Promise<void>
}

/** What only slows a link down loses nothing. */
const HARMLESS: ReadonlySet<Fault['kind']> = new Set(['none', 'latency', 'bandwidth', 'partial'])

export type LinkOptions = {
  readonly name: string
  readonly upstreamPort: number
  /** What a fault that cuts it excuses. */
  readonly cutsExcuse: Window['excuses']
  readonly disturbances: Disturbances
}

/** A link that ends with the scope. */
export async function startLink(
  scope: Scope,
  { name, upstreamPort, cutsExcuse, disturbances }: LinkOptions,
): Promise<Link> {
  const proxy = await startProxy(upstreamPort)
  scope.defer(proxy.close)
  return {
    port: proxy.port,
    bites: proxy.bites,
    heal: () => proxy.set(NO_FAULT),
    fail: async (fault) => {
      const over = disturbances.begin(
        `${fault.kind} between ${name}`,
        HARMLESS.has(fault.kind) && cutsExcuse !== 'first-attempts' ? 'lateness' : cutsExcuse,
      )
      await proxy.set(fault)
      return async () => {
        await proxy.set(NO_FAULT)
        over()
      }
    },
  }
}
