/**
 * `/v1/sources/<path>`: third parties' webhooks. Verified as bytes, then parsed, then turned into events.
 *
 * No API key is asked for: the signature is the key.
 */
import type { Source, Verdict } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'
import { Router, type RequestHandler, type Response } from 'express'
import type * as answers from '../contract/answers/index.ts'
import { acceptWebhook, type StoredEvent, type WebhookAnswer } from '../accept-webhook.ts'
import type { EventsDeps } from './events.ts'
import { readBytes } from './json-body.ts'
import { allowOnly } from './method-not-allowed.ts'
import { overloadProblem } from './accept-problem.ts'
import { sendProblem } from './problem.ts'
import { requireRoom } from './require-room.ts'
import { traceparentOf } from './request-trace.ts'
import { sendJson } from './send-json.ts'
import { readVerified, unverifiedWebhook } from './webhook-request.ts'

export type SourcesDeps = EventsDeps & { readonly sources: readonly Source[]; readonly logger: Logger }

/** Without a parameter, so that what cannot be decoded is just no source's path. */
const ANY = /.*/

/** The routes below `/v1/sources`. Which sources there are is looked up for each request: a reload may change it. */
export function sourcesRouter(deps: SourcesDeps): Router {
  const router = Router({ caseSensitive: true })
  router
    .route(ANY)
    .all(findSource(deps))
    .post(requireRoom(deps.intake), readWebhook(deps), receive(deps))
    .all(allowOnly('POST'))
  router.use((request, response) => {
    sendProblem(response, 'source-not-found', { detail: request.path })
  })
  return router
}

function findSource(deps: SourcesDeps): RequestHandler {
  return (request, response, next) => {
    const path = request.path.replace(/^\/|\/$/g, '')
    response.locals['source'] = deps.sources.find((source) => source.path === path)
    if (response.locals['source'] === undefined) next('route')
    else next()
  }
}

function sourceOf(response: Response): Source {
  return response.locals['source'] as Source
}

function readWebhook(deps: SourcesDeps): RequestHandler {
  return (request, response, next) => {
    const read: RequestHandler = readBytes(sourceOf(response).maxBodyBytes ?? deps.maxBodyBytes)
    read(request, response, next)
  }
}

function receive(deps: SourcesDeps): RequestHandler {
  return async (request, response) => {
    const source = sourceOf(response)
    const webhook = unverifiedWebhook(request)
    const verdict = await verdictOf(deps, source, webhook)
    if (verdict.kind === 'refused') {
      const requestId = response.locals['requestId'] as unknown
      deps.logger.warn({ source: source.path, requestId, reason: verdict.reason }, 'webhook refused')
      const { challenge } = source.verify
      if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge)
      sendProblem(response, 'invalid-webhook-signature', { detail: verdict.reason })
      return
    }
    response.locals['caller'] = `source:${source.path}`
    if (verdict.kind === 'handshake') {
      response.status(200).type('text/plain').send(verdict.answer)
      return
    }
    const reading = readVerified(webhook)
    if (reading.kind === 'invalid-utf8') {
      sendProblem(response, 'invalid-utf8')
      return
    }
    if (reading.kind === 'malformed-json') {
      sendProblem(response, 'malformed-json', { detail: reading.detail })
      return
    }
    const answer = await acceptWebhook(deps, {
      source,
      verdict,
      request: reading.request,
      rawBody: webhook.body,
      traceparent: traceparentOf(request, response),
    })
    sendWebhookAnswer(deps, source, response, answer)
  }
}

/** A verifier that fails lets nobody in. */
async function verdictOf(
  { logger }: SourcesDeps,
  source: Source,
  webhook: ReturnType<typeof unverifiedWebhook>,
): Promise<Verdict> {
  try {
    const verdict = await source.verify.verify(webhook, Date.now())
    switch (verdict.kind) {
      case 'genuine':
      case 'handshake':
      case 'refused':
        return verdict
      default:
        verdict satisfies never
        throw new TypeError('a verifier gave no verdict')
    }
  } catch (error) {
    logger.error({ source: source.path, err: error }, 'a verifier failed: the webhook is refused')
    return { kind: 'refused', reason: 'the verifier failed' }
  }
}

function sendWebhookAnswer(
  deps: SourcesDeps,
  source: Source,
  response: Response,
  answer: WebhookAnswer,
): void {
  switch (answer.kind) {
    case 'not-of-interest':
      response.status(204).end()
      return
    case 'stored':
      sendStored(deps, response, answer.events)
      return
    case 'overloaded': {
      const { code, details } = overloadProblem(answer)
      sendProblem(response, code, details)
      return
    }
    case 'refused': {
      const requestId = response.locals['requestId'] as unknown
      const why = answer.why instanceof Error ? { err: answer.why } : answer.why
      deps.logger.error({ source: source.path, requestId, ...why }, 'toEvent gave no good event')
      sendProblem(response, 'webhook-refused')
      return
    }
    default:
      answer satisfies never
  }
}

/** Most senders look at the status alone; the ids are for people. */
function sendStored(deps: SourcesDeps, response: Response, events: readonly StoredEvent[]): void {
  for (const event of events) if (event.kind === 'accepted') deps.onAccepted(event.type)
  const [first] = events
  if (first?.kind === 'accepted') response.locals['traceId'] = first.traceId
  const ids = events.map((event) => event.eventId)
  response.locals['eventId'] = ids.length === 1 ? ids[0] : ids
  const taken = events.find((event) => event.kind === 'key-reused' || event.kind === 'id-taken')
  if (taken !== undefined) {
    const detail = `event ${taken.eventId} was made by another body under this id`
    sendProblem(response, 'event-id-taken', { detail })
    return
  }
  if (events.every((event) => event.kind === 'duplicate')) response.set('idempotent-replayed', 'true')
  sendJson(response, 202, { accepted: ids } satisfies answers.StoredWebhook)
}
