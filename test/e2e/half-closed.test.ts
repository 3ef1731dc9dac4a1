/** Callers that close their side as soon as they have sent: nothing of theirs is lost, and nobody waits for them. */
import { connect } from 'node:net'
import { once } from 'node:events'
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})
afterAll(() => system.close())

const BODY = '{"type":"order.placed","data":{"orderId":"A1"}}'

/** Sends words and closes this side. @returns what came back until the other side closed */
async function sendAndClose(words: string): Promise<string> {
  const socket = connect(Number(new URL(system.url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString())).on('error', () => undefined)
  socket.end(words)
  await once(socket, 'close')
  return answer
}

const post = (key: string) =>
  `POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nidempotency-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${String(BODY.length)}\r\n\r\n${BODY}`

test('an event whose caller closes its side behind it is accepted whole or not at all, and once when it is sent again', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `half-${String(index)}`)
  const before = await countEvents(system.store)
  await Promise.all(keys.map((key) => sendAndClose(post(key))))
  const headers = (key: string) => ({ 'idempotency-key': key })
  const again = await Promise.all(keys.map((key) => system.api.post(BODY, headers(key))))
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([202]))
  expect(await countEvents(system.store)).toBe(before + keys.length)
  for (const { body } of again)
    await eventually(
      'it to be delivered',
      async () => (await system.api.event(body.id)).status === 'delivered',
    )
})

test.each([
  ['a wait', '/v1/events/ID?wait=60'],
  ['a stream of an event', '/v1/events/ID/stream'],
  ['a live feed', '/v1/stream'],
])('%s ends at once when its caller closes its side', async (_what, path) => {
  const { body } = await system.api.post({ type: 'order.placed', data: {}, delayMs: 60_000 })
  await sendAndClose(`GET ${path.replace('ID', body.id)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)
  await eventually('nobody to follow', async () => {
    const metrics = await (await fetch(`${system.url}/metrics`)).text()
    return /^manifold_followers\{.*\} 0$/m.test(metrics) && /^manifold_streams_open\{.*\} 0$/m.test(metrics)
  })
  await system.api.call('DELETE', `/v1/events/${body.id}`)
})

test('a body that ends early with its caller stores nothing, and is no error of ours', async () => {
  const before = await countEvents(system.store)
  const answer = await sendAndClose(post('short').slice(0, -5))
  expect(answer === '' || /^HTTP\/1.1 400 /.test(answer)).toBe(true)
  expect(await countEvents(system.store)).toBe(before)
  expect(system.logs().filter(({ level }) => level === 'error' || level === 50)).toEqual([])
})
