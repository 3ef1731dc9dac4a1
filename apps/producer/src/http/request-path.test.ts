import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { createLogger, listenOn } from '@manifold/runtime'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestLog } from './request-log.ts'
import { pathOf } from './request-path.ts'
import { giveTargetAPath } from './request-target.ts'

const lines: string[] = []
let server: Server
let port: number

beforeAll(async () => {
  const destination = { write: (line: string) => lines.push(line) }
  const app = express().use(requestLog(createLogger('test', 'info', destination)))
  server = createServer((request, response) => {
    app(request, response)
  })
  server.prependListener('request', giveTargetAPath)
  port = await listenOn(server, '127.0.0.1', 0)
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
})

test.each([
  ['/v1/events', '/v1/events'],
  ['/v1/events?access_token=k3y', '/v1/events'],
  ['/v1/events#access_token=k3y', '/v1/events'],
  ['http://shop:k3y@host/v1/events?key=k3y', '/v1/events'],
  ['shop:k3y@host', '*'],
  ['*', '*'],
])('of the target %s the path is told, and nothing beside it', (originalUrl, path) => {
  expect(pathOf({ originalUrl })).toBe(path)
})

test.each([
  '/v1/events?access_token=k3y',
  '/v1/events#access_token=k3y',
  'http://shop:k3y@host/v1/events?key=k3y',
  'http://shop:k3y@[?key=k3y',
])('whatever a request is for, no key beside its path is logged: %s', async (target) => {
  const before = lines.length
  const socket = connect(port, '127.0.0.1')
  socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  await expect.poll(() => lines.length).toBe(before + 1)
  socket.destroy()
  expect(lines.at(-1)).not.toContain('k3y')
})
