/** CloudEvents, as the official SDK sends them and reads what targets get. */
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode, type CloudEventV1 } from 'cloudevents'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventAnswer } from '../support/api.ts'
import { QUICK, setStage, type Stage } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'
import type { Received } from '../support/scripted-api.ts'

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => {
    const common = { ...QUICK, subscribe: ['order.*'] }
    return [
      { ...common, name: 'structured', url: `${server.url}/structured` },
      { ...common, name: 'binary', url: `${server.url}/binary`, format: 'cloudevents-binary' },
      { ...common, name: 'json', url: `${server.url}/json`, format: 'json' },
      {
        ...common,
        name: 'shaped',
        url: `${server.url}/shaped`,
        format: 'cloudevents-binary',
        body: ({ data }) => ({ shaped: data as unknown }),
      },
      {
        ...common,
        name: 'filtered',
        url: `${server.url}/filtered`,
        filter: ({ extensions }) => extensions?.['tenant'] === 'acme',
      },
    ]
  })
})

afterAll(() => stage.close())

let count = 0

/** An event of its own, with one of every kind of attribute. */
function newEvent<Data>(changes: Partial<CloudEventV1<Data>> = {}): CloudEvent<Data> {
  return new CloudEvent<Data>({
    id: `A/${String(++count)}`,
    source: 'https://shop.example/eu?a=b#c',
    type: 'order.placed',
    subject: 'orders/17',
    time: '2026-01-31T09:30:00.000Z',
    dataschema: 'https://schemas.example/order',
    datacontenttype: 'application/json',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    tenant: 'acme',
    ...changes,
  })
}

/** Sends an event as the SDK does. @returns what became of it, once it has settled */
async function send<Data>(event: CloudEvent<Data>, mode: Mode): Promise<EventAnswer> {
  const emit = emitterFor(httpTransport(`${stage.system.url}/v1/events`), { mode })
  const { body } = (await emit(event)) as { body: string }
  const accepted = JSON.parse(body) as EventAnswer
  expect(accepted).toMatchObject({ type: event.type, status: 'pending' })
  return settled(accepted.id)
}

function settled(id: string): Promise<EventAnswer> {
  return eventually(`${id} to settle`, async () => {
    const event = await stage.system.api.event(id)
    return event.settledAt === null ? undefined : event
  })
}

/** What the target got for an event of this id. */
function requestTo(target: string, event: EventAnswer): Received {
  const key = `${event.id}-${target}`
  const request = stage.server
    .received(`/${target}`)
    .find(({ headers }) => headers['idempotency-key'] === key)
  if (request === undefined) throw new Error(`${target} got no ${key}`)
  return request
}

/** The event that the SDK reads in a request. */
function eventIn<Data>({ headers, body }: Received): CloudEventV1<Data> {
  const event = HTTP.toEvent<Data>({ headers, body: body.toString() })
  if (Array.isArray(event)) throw new Error('a batch')
  return event
}

const SDK_MODES = [Mode.STRUCTURED, Mode.BINARY]

describe.each(SDK_MODES)('an event that the SDK sends in %s mode', (mode) => {
  test.each(['structured', 'binary'])('reaches a target as it was: %s', async (target) => {
    const event = newEvent({ data: { orderId: '17', note: 'für €5' } })
    const answer = await send(event, mode)
    expect(answer.status).toBe('delivered')
    expect(eventIn(requestTo(target, answer))).toEqual(event)
  })

  test('reaches a target as plain JSON, with the names of Manifold', async () => {
    const event = newEvent({ data: [1, 'two'] })
    const answer = await send(event, mode)
    expect(JSON.parse(requestTo('json', answer).body.toString())).toEqual({
      id: answer.id,
      sourceId: event.id,
      type: event.type,
      source: event.source,
      subject: event.subject,
      time: event.time,
      dataSchema: event.dataschema,
      extensions: { traceparent: event['traceparent'], tenant: 'acme' },
      data: [1, 'two'],
    })
  })

  test('can be shaped, and is a CloudEvent all the same', async () => {
    const event = newEvent({ data: { total: 5 } })
    const answer = await send(event, mode)
    expect(eventIn(requestTo('shaped', answer))).toEqual(event.cloneWith({ data: { shaped: { total: 5 } } }))
  })

  test('is told by its extensions', async () => {
    const own = await send(newEvent({ data: { total: 5 } }), mode)
    const other = await send(newEvent({ data: { total: 5 }, tenant: 'other' }), mode)
    expect(own.deliveries.map((delivery) => delivery.target)).toContain('filtered')
    expect(other.deliveries.map((delivery) => delivery.target)).not.toContain('filtered')
  })

  test('keeps its bytes', async () => {
    const data = new Uint8Array([0, 255, 128, 10])
    const answer = await send(newEvent({ data, datacontenttype: 'image/png' }), mode)
    const binary = requestTo('binary', answer)
    expect([binary.headers['content-type'], ...binary.body]).toEqual(['image/png', ...data])
    expect(JSON.parse(requestTo('structured', answer).body.toString())).toMatchObject({
      datacontenttype: 'image/png',
      data_base64: Buffer.from(data).toString('base64'),
    })
  })

  test('keeps its text', async () => {
    const event = newEvent({ data: '<order/>', datacontenttype: 'application/xml' })
    const answer = await send(event, mode)
    expect(requestTo('binary', answer).body.toString()).toBe('<order/>')
    expect(eventIn(requestTo('structured', answer))).toEqual(event)
  })
})

test('what a header cannot hold is percent-encoded', async () => {
  const event = newEvent({ subject: 'Größe "50%"', data: 1 })
  const answer = await send(event, Mode.STRUCTURED)
  expect(eventIn(requestTo('structured', answer)).subject).toBe('Größe "50%"')
  expect(requestTo('binary', answer).headers['ce-subject']).toBe('Gr%C3%B6%C3%9Fe%20%2250%25%22')
})

test('a batch of what the SDK makes is taken at the same URL, each event for itself', async () => {
  const events = [newEvent({ data: 1 }), newEvent({ data: { a: 1 }, source: '/other' })]
  const { status, body } = await stage.system.api.post<{ items: (EventAnswer & { status: number })[] }>(
    JSON.stringify([...events, { specversion: '1.0' }]),
    { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
  )
  expect(status).toBe(200)
  expect(body.items.map((item) => item.status)).toEqual([202, 202, 422])
  for (const [index, event] of events.entries()) {
    const answer = await settled(body.items[index]?.id ?? '')
    expect(eventIn(requestTo('structured', answer))).toEqual(event)
  }
})
