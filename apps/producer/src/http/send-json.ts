import type { Response } from 'express'

/**
 * Answers with JSON as `response.json` does, for the one route that is hot: without looking up again what type JSON
 * has, and whether the caller holds a fresh copy of the answer to a POST.
 */
export function sendJson(response: Response, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.status(status).end(text)
}
