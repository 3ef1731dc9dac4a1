import { createServer } from 'node:http'
import { listenOn } from '@manifold/runtime'
import express from 'express'
import { expect, test } from 'vitest'
import { sendJson } from './send-json.ts'

test('an answer has the headers and the body that Express would give it', async () => {
  const app = express()
    .disable('etag')
    .post('/express', (_request, response) => {
      response.status(202).json({ text: 'ü' })
    })
    .post('/own', (_request, response) => {
      sendJson(response, 202, { text: 'ü' })
    })
  const server = createServer((request, response) => {
    app(request, response)
  })
  const port = await listenOn(server, '127.0.0.1', 0)
  const answerOf = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { method: 'POST' })
    const headers = [...answer.headers].filter(([name]) => name !== 'date')
    return { status: answer.status, headers, body: await answer.text() }
  }
  const own = await answerOf('/own')
  expect(own).toEqual(await answerOf('/express'))
  expect(own.headers).toContainEqual(['content-length', '13'])
  server.close()
  server.closeAllConnections()
})
