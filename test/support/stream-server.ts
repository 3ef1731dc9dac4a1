/** The streams of a producer on a server of their own, with a real Redis; limits and times are the tests' own. */
import { once } from 'node:events'
import {
  createServer,
  get,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger } from '@manifold/runtime'
import express from 'express'
import { afterEach, beforeEach, expect } from 'vitest'
import { ANYBODY } from '../../apps/producer/src/callers/caller.ts'
import { createChangeHub } from '../../apps/producer/src/changes/change-hub.ts'
import { noteCaller } from '../../apps/producer/src/http/require-scope.ts'
import { streamRouter } from '../../apps/producer/src/http/stream.ts'
import { createLiveFeed } from '../../apps/producer/src/streams/live-feed.ts'
import { createOpenStreams } from '../../apps/producer/src/streams/open-streams.ts'
import { createTypeLookup } from '../../apps/producer/src/streams/type-lookup.ts'
import { eventually } from './eventually.ts'
import { framesOf, type Frame } from './frames.ts'
import type { TestStore } from './store.ts'

export type OpenStream = {
  readonly response: IncomingMessage
  readonly text: () => string
  readonly frames: () => Frame[]
}

export type StreamServer = {
  readonly followers: () => number
  readonly streams: () => number
  readonly connections: () => Promise<number>
  /** The producer stops. */
  readonly leave: () => void
  /** Asks for a path and goes on as soon as there are headers. Nothing of the body is read. */
  readonly request: (path: string, headers?: Record<string, string>) => Promise<IncomingMessage>
  readonly open: (path: string, headers?: Record<string, string>) => Promise<OpenStream>
  readonly head: (path: string) => Promise<number>
  /** From now on requests go to another server, with limits of its own. */
  readonly move: (limits: ServerOptions) => Promise<void>
}

/** Three streams at most, a beat of 30 ms. A new one for each test, which fails when something goes wrong behind it. */
export function useStreamServer(store: TestStore): StreamServer {
  const servers: Server[] = []
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  let setting = setStage(store, onError)

  const listen = async (limits: ServerOptions) => {
    const server = createServer(limits, setting.serve)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
  }
  const newest = () => servers.at(-1) ?? createServer()
  const url = () => `http://127.0.0.1:${String((newest().address() as AddressInfo).port)}`

  beforeEach(async () => {
    errors.length = 0
    setting = setStage(store, onError)
    await listen({})
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
    await setting.hub.close()
    expect(errors).toEqual([])
  })

  const request = (path: string, headers: Record<string, string> = {}) =>
    responseTo(get(url() + path, { agent: false, headers }))
  return {
    followers: () => setting.hub.followers(),
    streams: () => setting.streams.count(),
    connections: () => connectionsOf(newest()),
    leave: () => {
      setting.leaving.abort()
    },
    request,
    open: async (path, headers) => {
      const response = await request(path, headers)
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      return { response, text: () => text, frames: () => framesOf(text) }
    },
    head: async (path) => (await fetch(url() + path, { method: 'HEAD' })).status,
    move: listen,
  }
}

/** What a stream has said, by name. */
export const names = (stream: OpenStream) => stream.frames().map(({ event }) => event)

/** Resolves when the server has ended a stream. */
export const ended = ({ response }: OpenStream) => eventually('the end', () => response.closed)

function setStage(store: TestStore, onError: (error: unknown) => void) {
  const leaving = new AbortController()
  const hub = createChangeHub({ store, connect: () => store.redis.duplicate(), onError })
  const streams = createOpenStreams({ max: 3, beatMs: 30, leaving: leaving.signal })
  const lookUpTypes = createTypeLookup(store)
  const app = express().use(
    streamRouter({
      store,
      hub,
      feed: createLiveFeed({ hub, lookUpTypes, onError }),
      lookUpTypes,
      streams,
      requireScope: () => (_request, response, next) => {
        noteCaller(response, ANYBODY.caller)
        next()
      },
      logger: createLogger('test', 'silent'),
    }),
  )
  const serve: RequestListener = (request, response) => {
    app(request, response)
  }
  return { leaving, hub, streams, serve }
}

/** One that is cut off later is no error of the test's. */
async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => undefined)
  return response.on('error', () => undefined)
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}
