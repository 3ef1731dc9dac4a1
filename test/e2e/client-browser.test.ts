/** The client in a real browser: the same files, loaded as ES modules, with nothing but what a page has. */
import type * as Manifold from '@manifold/client'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { acceptedEvent, scriptedManifold } from '../support/scripted-manifold.ts'
import { startSystem } from '../support/system.ts'

/** What the page has; only for functions that run in it. */
declare const manifold: typeof Manifold
declare const location: { readonly origin: string }

describe('in a page', () => {
  test('an event is published and waited for, and a mistake is an error', async () => {
    const system = await startSystem({
      config: (sandboxUrl) => ({ targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm` }] }),
    })
    try {
      const page = await openPage(system.url)
      const seen = await page.evaluate(async () => {
        const client = manifold.createClient({ url: location.origin })
        const { id } = await client.publish({ type: 'order.placed', data: { orderId: 'o-1' } })
        const { status } = await client.waitFor(id)
        const error: unknown = await client.publish({ type: '', data: 1 }).catch((reason: unknown) => reason)
        return { status, code: error instanceof manifold.ManifoldError ? error.code : String(error) }
      })
      expect(seen).toEqual({ status: 'delivered', code: 'invalid-event' })
    } finally {
      await system.close()
    }
  })

  test('a stream is followed over a broken connection to its end', async () => {
    const at = '2026-01-31T09:30:00.000Z'
    const settled = { eventId: 'evt_1', type: 'order.placed', at, status: 'delivered' }
    let cut: () => void = () => undefined
    const { url, asked } = await scriptedManifold(
      (response) => {
        cut = () => response.destroy()
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`retry: 10\n\nevent: event\nid: 1-0.0\ndata: ${JSON.stringify(acceptedEvent())}\n\n`)
      },
      (response) => {
        response.end()
        cut()
      },
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`event: settled\nid: 2-0.0\ndata: ${JSON.stringify(settled)}\n\n`)
      },
    )
    const page = await openPage(url)
    const seen = await page.evaluate(async () => {
      const client = manifold.createClient({ url: location.origin, apiKey: 'mf_key' })
      const messages: string[] = []
      for await (const { message, id } of client.stream({ eventId: 'evt_1' })) {
        messages.push(`${message} ${id}`)
        if (message === 'event') await fetch('/cut')
      }
      return messages
    })
    expect(seen).toEqual(['event 1-0.0', 'settled 2-0.0'])
    const streams = asked.filter(({ path }) => path !== '/cut')
    expect(streams.map(({ headers }) => [headers.authorization, headers['last-event-id']])).toEqual([
      ['Bearer mf_key', undefined],
      ['Bearer mf_key', '1-0.0'],
    ])
  })

  test('a batch is sent, and a callback is verified', async () => {
    const { url } = await scriptedManifold((response, { body }) => {
      const lines = body
        .trim()
        .split('\n')
        .map((_, index) => ({
          ...acceptedEvent(),
          index,
          status: 202,
          eventStatus: 'pending',
          duplicate: false,
        }))
      response.end(lines.map((line) => JSON.stringify(line)).join('\n'))
    })
    const secret = `whsec_${Buffer.from('a secret of 24 bytes ....').toString('base64')}`
    const body = JSON.stringify({ type: 'event.settled', timestamp: '', data: {} })
    const now = new Date()
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
    }
    const page = await openPage(url)
    const seen = await page.evaluate(
      async (callback) => {
        const client = manifold.createClient({ url: location.origin })
        const events = Array.from({ length: 1_200 }, (_, n) => ({ type: 'tick', data: n }))
        const { accepted } = await client.publishBatch(events)
        const { verified } = await manifold.verifyCallback(callback, { secret: callback.secret })
        return { accepted, verified }
      },
      { headers, body, secret },
    )
    expect(seen).toEqual({ accepted: 1_200, verified: true })
  })
})
