/**
 * A system that documented requests are sent to, and the live values of their paths: an event that is there, a dead
 * letter that can be replayed.
 */
import { createApiKey, defineSource, githubSignature, secret } from '@manifold/config'
import type { EventInput } from '@manifold/domain'
import { vi } from 'vitest'
import type { Operation } from '../../apps/producer/src/contract/operation.ts'
import { PATH_PARAMETERS, parametersIn } from '../../apps/producer/src/contract/path-parameters.ts'
import { apiAt, type Api } from './api.ts'
import { mediaTypeOf, readContract, type Answered, type Contract } from './contract.ts'
import { eventually } from './eventually.ts'
import { startSystem, type System } from './system.ts'

export type Request = {
  /** Values of path parameters. */
  readonly path: PathValues
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly type: string; readonly value: unknown }
  /** A stream is left as soon as it has begun. */
  readonly leaveStream?: boolean
}

export type PathValues = Readonly<Record<string, string>>

export type ContractStage = {
  readonly system: System
  readonly contract: Contract
  /** A caller that may do everything. */
  readonly api: Api
  readonly key: string
  /** A header with the key of a caller that may do everything. */
  readonly authorized: Readonly<Record<string, string>>
  /** A header with a key that lacks the scope. */
  readonly withoutScope: (scope: Operation['scope']) => Record<string, string>
  /** A header with a key for events of types that no example has. */
  readonly ofOtherTypes: Readonly<Record<string, string>>
  /** A header with a key that has used up what it may ask for. */
  readonly exhausted: () => Promise<Record<string, string>>
  /** A header with a token that nobody can check: the issuer does not answer. */
  readonly uncheckable: Readonly<Record<string, string>>
  /** Makes what the path of an operation names; an event is one that has ended, or one that is `open`. */
  readonly pathOf: (operation: Operation, event?: 'open') => Promise<PathValues>
  readonly send: (operation: Operation, request: Request) => Promise<Answered>
  readonly close: () => Promise<void>
}

/** Small, so that a body can be too large. */
export const MAX_BODY_BYTES = 20_000

const KEYS = {
  publisher: createApiKey('publisher', ['publish']),
  reader: createApiKey('reader', ['read']),
  all: createApiKey('all', ['publish', 'read', 'admin']),
  others: createApiKey('others', ['publish', 'read'], ['other.**']),
  flooder: createApiKey('flooder', ['publish', 'read']),
}

/** A push becomes an event, a ping none; one without a `ref` one that cannot be. */
function pushEvent(json: unknown): EventInput | undefined {
  if (typeof json !== 'object' || json === null || 'zen' in json) return undefined
  const ref = 'ref' in json ? json.ref : undefined
  const id = 'id' in json ? json.id : undefined
  return {
    type: ref === undefined ? '' : 'github.push',
    data: { ref },
    ...(typeof id === 'string' ? { id } : {}),
  }
}

/** Well formed, and signed by nobody. */
const UNCHECKABLE = ['{"alg":"RS256","kid":"k1"}', '{"sub":"shop"}', 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')

const bearer = (key: keyof typeof KEYS) => ({ authorization: `Bearer ${KEYS[key].key}` })

/** Starts it: `crm` takes everything and `billing` refuses everything; two of the demo's names. */
export async function setContractStage(
  environment: Readonly<Record<string, string>> = {},
): Promise<ContractStage> {
  // The one that documented webhooks are signed with.
  vi.stubEnv('EXAMPLE_SECRET', 'example')
  const entries = Object.values(KEYS).map(({ entry }) => entry)
  const system = await startSystem({
    environment: {
      MANIFOLD_API_KEYS: entries.join(' '),
      MANIFOLD_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
      MANIFOLD_MAX_BATCH_BYTES: String(MAX_BODY_BYTES),
      MANIFOLD_RATE_LIMIT: 'flooder=1/1d',
      // Nobody listens there.
      MANIFOLD_JWT_JWKS_URL: 'http://127.0.0.1:9/jwks',
      MANIFOLD_JWT_ISSUER: 'https://issuer.example',
      MANIFOLD_JWT_AUDIENCE: 'manifold',
      ...environment,
    },
    config: (sandboxUrl) => ({
      sources: [
        defineSource({
          path: 'github',
          verify: githubSignature(secret('EXAMPLE_SECRET')),
          toEvent: ({ json }) => pushEvent(json),
        }),
      ],
      targets: [
        { name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok`, captureResponse: true },
        {
          name: 'billing',
          url: `${sandboxUrl}/t/billing/status/422`,
          breaker: { minimumAttempts: 10_000 },
        },
        { name: 'capped', url: `${sandboxUrl}/t/capped/ok`, maxBacklog: 1 },
      ],
    }),
  })
  const api = apiAt(system.url, bearer('all'))
  return {
    system,
    api,
    contract: await readContract(system.url),
    key: KEYS.all.key,
    authorized: bearer('all'),
    withoutScope: (scope) => bearer(scope === 'read' ? 'publisher' : 'reader'),
    ofOtherTypes: bearer('others'),
    exhausted: async () => {
      const flooder = apiAt(system.url, bearer('flooder'))
      await flooder.post({ type: 'order.placed', data: 1 })
      await flooder.call('GET', '/v1/events')
      return bearer('flooder')
    },
    uncheckable: { authorization: `Bearer ${UNCHECKABLE}` },
    pathOf: async ({ path }, event) => {
      const names = parametersIn(path)
      const values = await Promise.all(names.map((name) => makeWhatIsCalled(api, name, event)))
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
    },
    send: (operation, request) => send(system.url, operation, request, () => settledEvent(api, 'crm')),
    close: async () => {
      await system.close()
      vi.unstubAllEnvs()
    },
  }
}

async function send(
  origin: string,
  operation: Operation,
  request: Request,
  makeNews: () => Promise<unknown>,
): Promise<Answered> {
  const { path, query = {}, headers = {}, body } = request
  const url = new URL(
    origin + operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) => path[name] ?? ''),
  )
  url.search = new URLSearchParams(query).toString()
  const response = await fetch(url, {
    method: operation.method.toUpperCase(),
    headers: {
      ...(operation.scope === 'none' ? {} : bearer('all')),
      ...(body === undefined ? {} : { 'content-type': body.type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bodyOf(body.value) }),
  })
  const { status, headers: answered } = response
  if (!mediaTypeOf({ status, headers: answered, text: '' }).startsWith('text/event-stream'))
    return { status, headers: answered, text: await response.text() }
  if (request.leaveStream === true) {
    await response.body?.cancel()
    return { status, headers: answered, text: '' }
  }
  void makeNews()
  return { status, headers: answered, text: await readStream(response, operation.path.includes('{')) }
}

/** The stream of an event ends by itself; one that has no end is left after its first message. */
async function readStream({ body }: Response, hasEnd: boolean): Promise<string> {
  let read = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    read += chunk
    if (!hasEnd && /^data: .*\n\n/m.test(read)) break
  }
  return read.slice(0, read.lastIndexOf('\n\n') + 2)
}

function bodyOf(value: unknown): string | Uint8Array<ArrayBuffer> {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A live value for a path parameter; its documented example where that is one. */
async function makeWhatIsCalled(api: Api, parameter: string, event: 'open' | undefined): Promise<string> {
  switch (parameter) {
    case 'eventId':
      return event === 'open' ? openEvent(api) : settledEvent(api, 'crm')
    case 'deliveryId':
      return deadLetter(api)
    case 'replayId':
      return (await api.call<{ id: string }>('POST', '/v1/admin/dead-letters/replay', {})).body.id
    default:
      return PATH_PARAMETERS[parameter]?.example ?? ''
  }
}

/** The id of an event that nobody will attempt for an hour. */
async function openEvent(api: Api): Promise<string> {
  return (await api.post({ type: 'order.reminder', data: 1, delayMs: 3_600_000 })).body.id
}

async function deadLetter(api: Api): Promise<string> {
  return `${await settledEvent(api, 'billing')}-billing`
}

/** The id of an event that has ended, delivered by `crm` or refused by `billing`. */
export async function settledEvent(api: Api, target: 'crm' | 'billing'): Promise<string> {
  const data = { orderId: 'A1', total: 9.9 }
  const { body } = await api.post({ type: 'order.placed', data, targets: [target] })
  await eventually(`${body.id} to settle`, async () => (await api.event(body.id)).settledAt !== null)
  return body.id
}
