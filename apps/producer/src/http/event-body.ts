/**
 * Reads the body of `POST /v1/events`: plain JSON, or a CloudEvent in structured or binary mode, told by the headers.
 *
 * Plain JSON, which is most of what comes, takes the same steps as any other JSON body.
 */
import type { IncomingMessage } from 'node:http'
import type { RequestHandler, Response } from 'express'
import { binaryEventBody, structuredEventBody, type CloudEventBody } from './cloud-event-body.ts'
import { jsonBody, mediaTypeError, parseJson, readBytes, requireJson, type JsonBody } from './json-body.ts'
import { sendProblem } from './problem.ts'

const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'

/** Handlers that leave the event in `response.locals.body`; read it with `jsonBody(response)`. */
export function readEventBody(maxBytes: number): RequestHandler[] {
  return [chooseMode, readBytes(maxBytes), parse]
}

/** Whether a request says that it is a batch of CloudEvents. */
export function isCloudEventBatch({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return hasMediaType(headers['content-type'], BATCH)
}

const chooseMode: RequestHandler = (request, response, next) => {
  const { headers } = request
  const type = headers['content-type'] ?? ''
  // Without the version it is a CloudEvent all the same, and is told what it lacks.
  const isBinary = headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined
  if (type === 'application/json' && !isBinary) {
    next()
  } else if (type.toLowerCase().startsWith('application/cloudevents')) {
    const detail = mediaTypeError(type, STRUCTURED)
    response.locals['mode'] = 'structured'
    if (detail === undefined) next()
    else sendProblem(response, 'unsupported-media-type', { detail })
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
      parseJson(request, response, () => {
        take(structuredEventBody(jsonBody(response).value), response, next)
      })
      return
    case 'binary': {
      const bytes: unknown = request.body
      const body = bytes instanceof Uint8Array ? bytes : new Uint8Array()
      take(binaryEventBody(request.headersDistinct, body), response, next)
      return
    }
    default:
      parseJson(request, response, next)
  }
}

function take(reading: CloudEventBody, response: Response, next: () => void): void {
  switch (reading.kind) {
    case 'event': {
      const { body, rawBody, context } = reading
      response.locals['body'] = { value: body, raw: rawBody, context } satisfies JsonBody
      next()
      return
    }
    case 'invalid':
      sendProblem(response, 'invalid-cloud-event', { errors: reading.errors })
      return
    case 'refused':
      sendProblem(response, reading.code, reading.detail === undefined ? {} : { detail: reading.detail })
      return
    default:
      reading satisfies never
  }
}

function hasMediaType(contentType: string | undefined, expected: string): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === expected
}
