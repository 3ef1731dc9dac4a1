/**
 * One WebSocket connection: reads what the client says, does it as far as its key allows, and answers each with its `ref`.
 *
 * A mistake of the client's is answered, not punished: the connection stays. One whose peer is silent is ended.
 */
import type { Scope } from '@manifold/config'
import { PROBLEMS } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'
import { isStoreUnavailable } from '@manifold/store'
import type { RawData, WebSocket } from 'ws'
import { hasEnded, lacks, onceEnded, whyEnded, type Caller } from '../callers/caller.ts'
import { problem, problemBody, type Problem } from '../http/problem.ts'
import { tooMany } from '../http/rate-limited.ts'
import { writeRequestLine } from '../http/request-log.ts'
import type { Limited, RateLimiter } from '../rate-limit/rate-limiter.ts'
import type { OpenStream } from '../streams/open-streams.ts'
import { readClientMessage, type ClientMessage, type ClientMessageReading } from './client-message.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { publish, PUBLISHED_STATUS, type PublishDeps } from './publish.ts'
import { createPulse } from './pulse.ts'
import { createSubscriptions, type SubscriptionDeps, type Subscriptions } from './subscriptions.ts'
import { WEB_SOCKET_PATH } from './upgrade.ts'
import { createWorkQueue } from './work-queue.ts'

export type ConnectionDeps = PublishDeps &
  SubscriptionDeps & { readonly logger: Logger; readonly limiter: RateLimiter | undefined }

export type Peer = { readonly caller: Caller; readonly requestId: string | undefined }

type Parts = {
  readonly deps: ConnectionDeps
  readonly peer: Peer
  readonly outbox: Outbox
  readonly subscriptions: Subscriptions
}

type Mistake = Extract<ClientMessageReading, { kind: 'problem' }>

/** More would not make Redis faster; beyond it the socket is not read. What cannot be read is one, too. */
const PUBLISHES_AT_ONCE = 64

const SCOPE_OF: Readonly<Record<ClientMessage['do'], Exclude<Scope, 'admin'>>> = {
  publish: 'publish',
  subscribe: 'read',
  unsubscribe: 'read',
}

/** Serves a connection until it closes. */
export function serveConnection(deps: ConnectionDeps, socket: WebSocket, peer: Peer): OpenStream {
  const outbox = createOutbox(socket)
  const subscriptions = createSubscriptions(deps, peer.caller, outbox)
  const parts = { deps, peer, outbox, subscriptions }
  const publishes = createWorkQueue({
    atOnce: PUBLISHES_AT_ONCE,
    pause: () => {
      socket.pause()
    },
    resume: () => {
      socket.resume()
    },
  })
  socket.on('message', (frame, isBinary) => {
    const reading = readClientMessage(bytesOf(frame), isBinary)
    if (reading.kind === 'problem') publishes.add(() => answerMistake(parts, reading))
    else if (reading.message.do === 'publish') publishes.add(() => answer(parts, reading.message))
    else void answer(parts, reading.message)
  })
  // Broken frames and frames too large: ws closes with the code that says so (1002, 1007, 1009).
  socket.on('error', () => undefined)
  const forget = onceEnded(peer.caller, () => {
    outbox.close(1008, whyEnded(peer.caller))
  })
  socket.once('close', () => {
    forget()
    subscriptions.removeAll()
  })
  return {
    beat: createPulse(socket),
    leave: () => {
      outbox.close(1001, 'the producer stops')
    },
  }
}

async function answer(parts: Parts, message: ClientMessage): Promise<void> {
  const startedAtMs = performance.now()
  const done = await orFailed(parts, async () => {
    const refused = await judge(parts, message)
    return refused === undefined ? carryOut(parts, message) : { refused }
  })
  if (done.refused !== undefined) refuse(parts, message.ref, done.refused)
  if (message.do === 'publish') logPublish(parts, done, Math.round(performance.now() - startedAtMs))
}

/** What became of a message: why it was not done, or, where it was published, as which event. */
type Done = {
  readonly refused?: Problem | undefined
  readonly eventId?: string
  readonly traceId?: string | undefined
}

/** What cannot be read counts as what its sender may do: who sends nonsense is limited as any other. */
async function answerMistake(parts: Parts, { ref, problem: mistake }: Mistake): Promise<void> {
  const { caller } = parts.peer
  const scope = caller.scopes.has('publish') ? 'publish' : 'read'
  const { refused } = await orFailed(parts, async () => ({
    refused: endOf(caller) ?? (await ration(parts, scope)) ?? mistake,
  }))
  if (refused !== undefined) refuse(parts, ref, refused)
}

/** What `work` comes to; it may throw. */
async function orFailed({ deps, peer }: Parts, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work()
  } catch (error) {
    const isAway = isStoreUnavailable(error)
    if (!isAway) deps.logger.error({ err: error, requestId: peer.requestId }, 'a WebSocket message failed')
    return { refused: problem(isAway ? 'store-unavailable' : 'internal-error') }
  }
}

/** In the shape of the line about a request: what is published is looked for in one place. */
function logPublish({ deps, peer }: Parts, { refused, eventId, traceId }: Done, durationMs: number): void {
  writeRequestLine(deps.logger, {
    requestId: peer.requestId,
    method: 'PUBLISH',
    path: WEB_SOCKET_PATH,
    status: refused === undefined ? PUBLISHED_STATUS : PROBLEMS[refused.code].status,
    caller: peer.caller.name,
    eventId,
    traceId,
    problem: refused?.code,
    durationMs,
  })
}

/** @returns why it may not be done */
async function judge(parts: Parts, message: ClientMessage): Promise<Problem | undefined> {
  const { caller } = parts.peer
  const scope = SCOPE_OF[message.do]
  const ended = endOf(caller)
  if (ended !== undefined) return ended
  if (!caller.scopes.has(scope)) return problem('missing-scope', { detail: lacks(caller, scope) })
  return message.do === 'unsubscribe' ? undefined : ration(parts, scope)
}

/** Frames may still come while the connection is closed. */
function endOf(caller: Caller): Problem | undefined {
  return hasEnded(caller) ? problem('unauthenticated', { detail: whyEnded(caller) }) : undefined
}

async function ration({ deps, peer }: Parts, scope: Limited): Promise<Problem | undefined> {
  if (deps.limiter?.limits(peer.caller) !== true) return undefined
  const taken = await deps.limiter.take(peer.caller, scope, 1)
  return taken.granted === 0 ? tooMany(taken) : undefined
}

async function carryOut(parts: Parts, message: ClientMessage): Promise<Done> {
  const { deps, peer, outbox, subscriptions } = parts
  switch (message.do) {
    case 'publish': {
      const published = await publish(deps, peer.caller, message)
      if (published.kind === 'refused') return { refused: published.problem }
      const { eventId, traceId, view } = published
      say(outbox, { message: 'published', ref: message.ref, ...view })
      return { eventId, traceId }
    }
    case 'subscribe':
      return { refused: await subscriptions.add(message) }
    case 'unsubscribe': {
      const { ref, subscription } = message
      if (!subscriptions.remove(subscription))
        return {
          refused: problem('invalid-request', {
            errors: [{ path: 'subscription', message: 'there is none of this name' }],
          }),
        }
      say(outbox, { message: 'unsubscribed', ref, subscription })
      return {}
    }
    default:
      return message satisfies never
  }
}

function refuse({ outbox, peer }: Parts, ref: string | undefined, why: Problem): void {
  say(outbox, { message: 'refused', ref, problem: problemBody(why, peer.requestId) })
}

function say(outbox: Outbox, message: object): void {
  outbox.send(JSON.stringify(message))
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
