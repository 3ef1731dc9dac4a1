/**
 * Reads the body of `POST /v1/events`: plain JSON, or a CloudEvent in structured or binary mode, told by the headers.
 *
 * Plain JSON, which is most of what comes, takes the same steps as any other JSON body. A batch of CloudEvents is left to
 * the next route.
 */
import { isUtf8MediaType, parseMediaType } from '@manifold/domain'
import type { RequestHandler, Response } from 'express'
import type { ItemReading } from './batch-item.ts'
import {
  BATCH_MEDIA_TYPE,
  binaryCloudEvent,
  STRUCTURED_MEDIA_TYPE,
  structuredCloudEvent,
} from './cloud-event-body.ts'
import { bodyBytes, jsonBody, parseBody, readBytes, requireJson, type JsonBody } from './json-body.ts'
import { sendProblem } from './problem.ts'

/** Handlers that leave the event in `response.locals.body`; read it with `jsonBody(response)`. */
export function readEventBody(maxBytes: number): RequestHandler[] {
  return [chooseMode, readBytes(maxBytes), parse]
}

const chooseMode: RequestHandler = (request, response, next) => {
  const { headers } = request
  const type = headers['content-type']
  // Without the version it is a CloudEvent all the same, and is told what it lacks.
  const isBinary = headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined
  if (type === 'application/json' && !isBinary) {
    next()
    return
  }
  const media = parseMediaType(type ?? '')
  if (media?.essence.startsWith('application/cloudevents') === true) {
    if (media.essence === BATCH_MEDIA_TYPE) {
      next('route')
    } else if (media.essence === STRUCTURED_MEDIA_TYPE && isUtf8MediaType(media)) {
      response.locals['mode'] = 'structured'
      next()
    } else {
      const detail = `the Content-Type is ${String(type)}; CloudEvents are taken as JSON, in UTF-8`
      sendProblem(response, 'unsupported-media-type', { detail })
    }
  } else if (isBinary) {
    response.locals['mode'] = 'binary'
    next()
  } else {
    requireJson(request, response, next)
  }
}

const parse: RequestHandler = (request, response, next) => {
  switch (response.locals['mode']) {
    case 'structured':
      parseBody(request, response, () => {
        take(structuredCloudEvent(jsonBody(response).value), response, next)
      })
      return
    case 'binary':
      take(binaryCloudEvent(request.headersDistinct, bodyBytes(request.body)), response, next)
      return
    default:
      parseBody(request, response, next)
  }
}

function take(reading: ItemReading, response: Response, next: () => void): void {
  if (reading.kind === 'problem') {
    const { code, details } = reading.problem
    sendProblem(response, code, details)
    return
  }
  const { body, rawBody, context } = reading
  response.locals['body'] = {
    value: body,
    raw: rawBody,
    ...(context === undefined ? {} : { context }),
  } satisfies JsonBody
  next()
}
