/**
 * Reads a JSON body: content type and size are checked here, each with an error of its own, the rest in parse-json.ts.
 *
 * Keeps the bytes as they came: an idempotency key belongs to them.
 */
import { isUtf8MediaType, parseMediaType, type CloudEventContext } from '@manifold/domain'
import express, { type RequestHandler, type Response } from 'express'
import { parseJson } from './parse-json.ts'
import { sendProblem } from './problem.ts'

export type JsonBody = {
  readonly value: unknown
  /** What tells this body from another one: its bytes, or what stands for them. */
  readonly raw: Uint8Array | string
  /** What a CloudEvent said besides (event-body.ts). */
  readonly context?: CloudEventContext
}

/** Handlers that leave the body in `response.locals.body`; read it with `jsonBody(response)`. */
export function readJsonBody(maxBytes: number): RequestHandler[] {
  return [requireJson, readBytes(maxBytes), parseBody]
}

/** Leaves the unpacked bytes in `request.body`, of whatever type they are; read them with `bodyBytes(request.body)`. */
export function readBytes(maxBytes: number): RequestHandler {
  return express.raw({ type: () => true, limit: maxBytes })
}

/** What `readBytes` read: nothing is no bytes. */
export function bodyBytes(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}

/** What `readJsonBody` read. */
export function jsonBody(response: Response): JsonBody {
  return response.locals['body'] as JsonBody
}

/** Lets through what says that it is JSON. */
export const requireJson: RequestHandler = (request, response, next) => {
  const type = request.headers['content-type']
  // As nearly everybody writes it: nothing to take apart.
  if (type === 'application/json') {
    next()
    return
  }
  const media = parseMediaType(type ?? '')
  if (media?.essence === 'application/json' && isUtf8MediaType(media)) {
    next()
    return
  }
  const detail = type === undefined ? 'there is no Content-Type' : `the Content-Type is ${type}`
  sendProblem(response, 'unsupported-media-type', { detail })
}

/** Parses what `readBytes` read. */
export const parseBody: RequestHandler = (request, response, next) => {
  const raw = bodyBytes(request.body)
  const reading = parseJson(raw)
  if (reading.kind === 'problem') {
    const { code, details } = reading.problem
    sendProblem(response, code, details)
    return
  }
  response.locals['body'] = { value: reading.value, raw } satisfies JsonBody
  next()
}
