/**
 * Reads a JSON body: content type, size, UTF-8 and syntax are each checked with an error of its own.
 *
 * Keeps the bytes as they came: an idempotency key belongs to them.
 */
import { readJson, type CloudEventContext } from '@manifold/domain'
import express, { type RequestHandler, type Response } from 'express'
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
  return [requireJson, readBytes(maxBytes), parseJson]
}

/** Reads the body's bytes, unpacked. */
export function readBytes(maxBytes: number): RequestHandler {
  return express.raw({ type: () => true, limit: maxBytes })
}

/** What `readJsonBody` read. */
export function jsonBody(response: Response): JsonBody {
  return response.locals['body'] as JsonBody
}

/** Lets through what says that it is JSON. */
export const requireJson: RequestHandler = (request, response, next) => {
  const type = request.headers['content-type'] ?? ''
  // As nearly everybody writes it: nothing to take apart.
  if (type === 'application/json') {
    next()
    return
  }
  const detail = mediaTypeError(type, 'application/json')
  if (detail === undefined) next()
  else sendProblem(response, 'unsupported-media-type', { detail })
}

/** Says why a Content-Type is not this media type in UTF-8, or `undefined`. */
export function mediaTypeError(contentType: string, expected: string): string | undefined {
  const [media = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  if (media !== expected) return media === '' ? 'there is no Content-Type' : `the Content-Type is ${media}`
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return charset === undefined || ['utf-8', '"utf-8"', 'utf8'].includes(charset)
    ? undefined
    : `the charset is ${charset}`
}

/** Parses the bytes that were read. */
export const parseJson: RequestHandler = (request, response, next) => {
  const raw: unknown = request.body
  if (!(raw instanceof Uint8Array) || raw.length === 0) {
    sendProblem(response, 'malformed-json', { detail: 'the body is empty' })
    return
  }
  const reading = readJson(raw)
  if (reading.kind === 'json') {
    response.locals['body'] = { value: reading.value, raw } satisfies JsonBody
    next()
    return
  }
  const details = reading.detail === undefined ? {} : { detail: reading.detail }
  switch (reading.code) {
    case 'invalid-utf8':
      sendProblem(response, 'invalid-utf8', details)
      return
    case 'inexact-number':
      sendProblem(response, 'inexact-number', details)
      return
    case 'malformed-json':
      sendProblem(response, 'malformed-json', details)
      return
    default:
      reading.code satisfies never
  }
}
