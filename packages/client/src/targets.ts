/** The targets of the config: how each is doing, stop and go. */
import { bodyOf } from './answer.ts'
import type { Connection } from './connection.ts'
import type { CallOptions } from './events.ts'
import { send, type Request } from './request.ts'
import type { TargetList, TargetView } from './views.ts'

export type Targets = {
  /** All there are, in the order of the config, and what is left of those that were taken out of it. */
  readonly list: (options?: CallOptions) => Promise<TargetList>
  readonly get: (name: string, options?: CallOptions) => Promise<TargetView>
  /** Stops deliveries to it. Nothing is lost: they wait. */
  readonly pause: (name: string, options?: CallOptions) => Promise<TargetView>
  readonly resume: (name: string, options?: CallOptions) => Promise<TargetView>
  /** Closes its breaker, and lets what waits for it go. */
  readonly resetBreaker: (name: string, options?: CallOptions) => Promise<TargetView>
}

const PATH = ['v1', 'admin', 'targets']

export function targets(connection: Connection): Targets {
  const ask = async (
    method: Request['method'],
    path: readonly string[],
    { signal }: CallOptions,
  ): Promise<TargetView> => {
    // Doing it twice is doing it once.
    const request: Request = { method, path: [...PATH, ...path], repeat: 'always', expect: [200], signal }
    return bodyOf<TargetView>(await send(connection, request), ['name', 'paused', 'queue', 'settings'])
  }
  return {
    list: async ({ signal } = {}) => {
      const request: Request = { method: 'GET', path: PATH, repeat: 'always', expect: [200], signal }
      const { items, removed } = bodyOf<Partial<TargetList> & Pick<TargetList, 'items'>>(
        await send(connection, request),
        ['items'],
      )
      // An older producer does not tell.
      return { items, removed: removed ?? [] }
    },
    get: (name, options = {}) => ask('GET', [name], options),
    pause: (name, options = {}) => ask('POST', [name, 'pause'], options),
    resume: (name, options = {}) => ask('POST', [name, 'resume'], options),
    resetBreaker: (name, options = {}) => ask('POST', [name, 'breaker', 'reset'], options),
  }
}
