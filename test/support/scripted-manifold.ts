/** A server that answers as its script says, whatever it is asked, and keeps what it was asked. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { serve } from './scripted-server.ts'

export type Asked = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type ScriptedAnswer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | ((response: ServerResponse, asked: Asked) => unknown)
  /** Takes the request, and closes the connection without a word. */
  | 'hang-up'

export type ScriptedManifold = { readonly url: string; readonly asked: readonly Asked[] }

/** Gives one answer a request, in turn; the last one is for all that follow. */
export async function scriptedManifold(...script: readonly ScriptedAnswer[]): Promise<ScriptedManifold> {
  const asked: Asked[] = []
  const url = await serve(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const one = { method, path, headers, body: await text(request) }
    asked.push(one)
    const answer = script[Math.min(asked.length, script.length) - 1]
    if (answer === undefined || answer === 'hang-up') request.socket.destroy()
    else if (typeof answer === 'function') await answer(response, one)
    else {
      const { status, headers: more, body } = answer
      response.writeHead(status, { 'content-type': 'application/json', ...more })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  })
  return { url, asked }
}

/** The body of an answer that refuses. */
export function problem(code: string, status: number, more: object = {}): object {
  return {
    type: `urn:manifold:problem:${code}`,
    title: `Title of ${code}`,
    status,
    code,
    fix: 'Fix it.',
    ...more,
  }
}

/** An accepted event, as the API answers. */
export function acceptedEvent(id = 'evt_1', status = 'pending'): Record<string, unknown> {
  const self = `/v1/events/${id}`
  return {
    id,
    type: 'order.placed',
    status,
    acceptedAt: '2026-01-31T09:30:00.000Z',
    settledAt: null,
    deliveries: [{ id: `${id}-crm`, target: 'crm', status: 'pending' }],
    links: { self, stream: `${self}/stream`, result: `${self}/result` },
  }
}

/** A clock on which a pause takes no time, and that keeps the pauses. */
export function patientClock(nowMs = Date.parse('2026-01-31T09:30:00Z')) {
  const pausesMs: number[] = []
  let now = nowMs
  return {
    pausesMs,
    nowMs: () => now,
    sleep: (ms: number, signal?: AbortSignal): Promise<void> => {
      signal?.throwIfAborted()
      pausesMs.push(ms)
      now += ms
      return Promise.resolve()
    },
  }
}
