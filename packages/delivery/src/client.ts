/**
 * The client of one target: its connections, and a `fetch` under the same rules for whatever an attempt needs besides.
 *
 * A pool of its own: one target's slow connections are nobody else's. Kept alive, bounded, and connected only to
 * addresses that were checked (guarded-connector.ts).
 */
import type { Auth, GuardedFetch, Target } from '@manifold/domain'
import { Agent, fetch as undiciFetch } from 'undici'
import { createConnections } from './connections.ts'
import type { Deadline } from './deadline.ts'
import { guardedConnector } from './guarded-connector.ts'

export type TargetClient = {
  /** The connections to an origin, for one request. */
  readonly agentFor: (origin: string) => Agent
  readonly maxResponseBytes: number
  /** `fetch` for one attempt. */
  readonly fetchWithin: (deadline: Deadline) => GuardedFetch
  readonly close: () => Promise<void>
}

/** What a token endpoint may answer: a token and a few words. */
const MAX_FETCH_BYTES = 1_048_576

/**
 * How long a connection is used: a name that has come to mean another address is followed, however busy the old one is. What is
 * under way ends first.
 */
const MAX_CONNECTION_AGE_MS = 30_000

/** Hosts that are connected to before all connections begin anew. */
const MAX_ORIGINS = 1_000

type ClientPolicy = Pick<
  Target,
  'timeoutMs' | 'maxResponseBytes' | 'concurrency' | 'allowPrivateNetwork' | 'tls'
> & { readonly auth?: Auth }

/** @param maxConnectionAgeMs as few as tests would wait for */
export function createTargetClient(
  target: ClientPolicy,
  maxConnectionAgeMs = MAX_CONNECTION_AGE_MS,
): TargetClient {
  const connect = guardedConnector({ ...target, identity: target.auth?.identity?.() })
  const open = () =>
    new Agent({
      connections: target.concurrency,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      clientTtl: maxConnectionAgeMs,
      connect,
      // The total deadline rules; these would only end it in other words.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  // A user's function, and whoever wants to be called back, may name any host.
  const connections = createConnections(open, MAX_ORIGINS)
  return {
    agentFor: connections.to,
    maxResponseBytes: target.maxResponseBytes,
    fetchWithin:
      (deadline) =>
      async (url, init = {}) => {
        const response = await undiciFetch(url, {
          method: init.method ?? 'GET',
          ...(init.headers === undefined ? {} : { headers: { ...init.headers } }),
          ...(init.body === undefined ? {} : { body: init.body }),
          redirect: 'manual',
          dispatcher: connections.to(new URL(url).origin),
          signal: deadline.signal(),
        })
        const body = await readCapped(response.body, url)
        return new Response(body.length === 0 ? null : Uint8Array.from(body), {
          status: response.status,
          headers: [...response.headers],
        })
      },
    close: connections.destroy,
  }
}

/** @throws when the body is longer than any answer it may be */
async function readCapped(body: AsyncIterable<Uint8Array> | null, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_FETCH_BYTES) {
      throw new Error(`${new URL(url).host} answered more than ${String(MAX_FETCH_BYTES)} bytes`)
    }
  }
  return Buffer.concat(chunks)
}
