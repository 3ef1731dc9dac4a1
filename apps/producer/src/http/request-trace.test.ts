import { createServer } from 'node:http'
import { createServer as createTlsServer, request as requestTls } from 'node:https'
import { listenOn } from '@manifold/runtime'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { makeAuthority } from '../../../../test/support/certificates.ts'
import { traceRequests } from './request-trace.ts'

/** An application that answers everything, and the schemes its requests were recorded with. */
function traced(trustProxy: boolean) {
  const schemes: string[] = []
  const app = express()
  app.set('trust proxy', trustProxy)
  app.use(
    traceRequests(({ scheme }) => {
      schemes.push(scheme)
      const context = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), flags: '00' }
      return { context, isRecorded: false, end: () => undefined }
    }),
  )
  app.use((_request, response) => {
    response.end()
  })
  return { app, schemes }
}

test.each([
  [false, ['http', 'http']],
  [true, ['http', 'https']],
])(
  'over HTTP the scheme is http, or what a proxy says that is believed: %s',
  async (isBelieved, expected) => {
    const { app, schemes } = traced(isBelieved)
    const server = createServer((request, response) => {
      app(request, response)
    })
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${String(await listenOn(server, '127.0.0.1', 0))}/`
    await fetch(url)
    await fetch(url, { headers: { 'x-forwarded-proto': 'https' } })
    expect(schemes).toEqual(expected)
  },
)

test('over TLS the scheme is https', async () => {
  const { app, schemes } = traced(false)
  const authority = await makeAuthority('our CA')
  const { certificate, privateKey } = await authority.issue('api', { ips: ['127.0.0.1'] })
  const server = createTlsServer({ cert: certificate, key: privateKey }, (request, response) => {
    app(request, response)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const port = await listenOn(server, '127.0.0.1', 0)
  await new Promise((resolve, reject) => {
    requestTls({ host: '127.0.0.1', port, ca: authority.certificate }, (response) => {
      response.resume().once('end', resolve)
    })
      .once('error', reject)
      .end()
  })
  expect(schemes).toEqual(['https'])
})
