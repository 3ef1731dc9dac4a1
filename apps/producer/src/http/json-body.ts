/**
 * Reads a JSON body: content type, size, UTF-8 and syntax are each checked with an error of its own.
 *
 * Keeps the bytes as they came: an idempotency key belongs to them.
 */
import express, { type RequestHandler, type Response } from 'express'
import { sendProblem } from './problem.ts'

export type JsonBody = { readonly value: unknown; readonly raw: Uint8Array }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Handlers that leave the body in `response.locals.body`; read it with `jsonBody(response)`. */
export function readJsonBody(maxBytes: number): RequestHandler[] {
  const readBytes: RequestHandler = express.raw({ type: () => true, limit: maxBytes })
  return [requireJson, readBytes, parse]
}

/** What `readJsonBody` read. */
export function jsonBody(response: Response): JsonBody {
  return response.locals['body'] as JsonBody
}

const requireJson: RequestHandler = (request, response, next) => {
  const type = request.headers['content-type'] ?? ''
  // As nearly everybody writes it: nothing to take apart.
  if (type === 'application/json') {
    next()
    return
  }
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  if (media !== 'application/json') {
    const detail = media === '' ? 'there is no Content-Type' : `the Content-Type is ${media}`
    sendProblem(response, 'unsupported-media-type', { detail })
    return
  }
  if (charset !== undefined && !['utf-8', '"utf-8"', 'utf8'].includes(charset)) {
    sendProblem(response, 'unsupported-media-type', { detail: `the charset is ${charset}` })
    return
  }
  next()
}

const parse: RequestHandler = (request, response, next) => {
  const raw: unknown = request.body
  if (!(raw instanceof Uint8Array) || raw.length === 0) {
    sendProblem(response, 'malformed-json', { detail: 'the body is empty' })
    return
  }
  let text: string
  try {
    text = utf8.decode(raw)
  } catch {
    sendProblem(response, 'invalid-utf8')
    return
  }
  const altered = inexactNumber(text)
  if (altered !== undefined) {
    sendProblem(response, 'inexact-number', { detail: `${altered} cannot be carried exactly` })
    return
  }
  try {
    response.locals['body'] = { value: JSON.parse(text) as unknown, raw } satisfies JsonBody
  } catch (error) {
    sendProblem(response, 'malformed-json', {
      detail: error instanceof Error ? error.message : String(error),
    })
    return
  }
  next()
}

/** Digits enough to lose some, or an exponent: only then is a closer look worth its time. */
const SUSPICIOUS = /\d{16}|\d[eE]\+?\d{3}/

/** The first whole number that a double cannot hold, or number beyond its range: it would arrive as another one. */
function inexactNumber(text: string): string | undefined {
  if (!SUSPICIOUS.test(text)) return undefined
  let found: string | undefined
  try {
    JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) => {
      const source = context?.source
      if (found === undefined && typeof value === 'number' && source !== undefined && !isExact(value, source))
        found = source
      return value
    })
  } catch {
    // Not JSON: the next step says so.
  }
  return found
}

function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false
  return !/^-?\d+$/.test(source) || Number.isSafeInteger(value) || BigInt(source) === BigInt(value)
}
