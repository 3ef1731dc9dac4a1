/** CloudEvents at the door: their identity, and what is said of those that break a rule. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventAnswer, ProblemAnswer } from '../support/api.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    config: (url) => ({ targets: [{ name: 'crm', subscribe: ['order.*'], url: `${url}/t/crm/ok` }] }),
  })
})

afterAll(() => system.close())

let count = 0

const newDocument = (changes: object = {}) => ({
  specversion: '1.0',
  id: `n/${String(++count)}`,
  source: '/shop',
  type: 'order.placed',
  data: { total: 5 },
  ...changes,
})

const STRUCTURED = { 'content-type': 'application/cloudevents+json' }

const sendStructured = <Body = EventAnswer>(document: unknown, headers: Record<string, string> = {}) =>
  system.api.post<Body>(document, { ...STRUCTURED, ...headers })

const sendBinary = <Body = EventAnswer>(headers: Record<string, string>, body: string | Uint8Array = '5') =>
  system.api.post<Body>(body, {
    'ce-specversion': '1.0',
    'ce-source': '/shop',
    'ce-type': 'order.placed',
    'ce-id': `n/${String(++count)}`,
    ...headers,
  })

describe('identity', () => {
  test('is source and id: the event id is made of both', async () => {
    const document = newDocument({ id: 'A 1/ü' })
    const { body } = await sendStructured(document)
    const digest = createHash('sha256').update('/shop\nA 1/ü').digest('hex')
    expect(body.id).toBe(`ce_${digest.slice(0, 32)}`)
  })

  test('an event that is sent again is answered as the first time, in either mode', async () => {
    const document = newDocument({ tenant: '5', subject: 'für' })
    const first = await sendStructured(document)
    const again = await sendStructured(JSON.stringify(Object.fromEntries(Object.entries(document).reverse())))
    const binary = await sendBinary(
      { 'ce-id': document.id, 'ce-tenant': '5', 'ce-subject': 'f%C3%BCr' },
      '{ "total": 5 }',
    )
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    for (const { status, headers, body } of [again, binary]) {
      expect([status, headers.get('idempotent-replayed')]).toEqual([202, 'true'])
      expect(body).toEqual(first.body)
    }
  })

  test('the same id with other content is refused', async () => {
    const document = newDocument()
    await sendStructured(document)
    for (const changes of [{ data: { total: 6 } }, { subject: 'x' }, { tenant: 'acme' }]) {
      const { status, body } = await sendStructured<ProblemAnswer>({ ...document, ...changes })
      expect([status, body.code]).toEqual([409, 'event-id-taken'])
    }
  })

  test('the same id from another source is another event', async () => {
    const document = newDocument()
    const one = await sendStructured(document)
    const other = await sendStructured({ ...document, source: '/other', data: 1 })
    expect(other.status).toBe(202)
    expect(other.body.id).not.toBe(one.body.id)
  })
})

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('what is no CloudEvent is refused, and nothing is stored', () => {
  const send: Record<string, () => Promise<{ status: number; body: ProblemAnswer }>> = {
    'broken attributes': () => sendStructured({ specversion: '0.3', source: 'a b', type: 'x', BAD: 1 }),
    'a list in structured mode': () => sendStructured([newDocument()]),
    'data twice': () => sendStructured(newDocument({ data_base64: 'AAAA' })),
    'broken JSON': () => sendStructured('{"specversion":'),
    'a number that would change': () =>
      sendStructured(JSON.stringify(newDocument()).replace('5', '12345678901234567890')),
    'deep JSON': () => sendStructured(JSON.stringify(newDocument()).replace('5', nested(64))),
    Avro: () => sendStructured(newDocument(), { 'content-type': 'application/cloudevents+avro' }),
    'UTF-16': () =>
      sendStructured(newDocument(), { 'content-type': `${STRUCTURED['content-type']}; charset=utf-16` }),
    'broken headers': () => sendBinary({ 'ce-subject': '%', 'ce-datacontenttype': 'a/b', 'ce-id': '' }),
    'no version': () => system.api.post(newDocument(), { 'ce-type': 'order.placed' }),
    'broken JSON in binary mode': () => sendBinary({}, '{'),
    'no UTF-8 in binary mode': () => sendBinary({}, Buffer.from([0x22, 0xc3, 0x28])),
    'a number that would change in binary mode': () => sendBinary({}, '12345678901234567890'),
    'deep JSON in binary mode': () => sendBinary({}, nested(64)),
    'UTF-16 in binary mode': () => sendBinary({ 'content-type': 'application/json; charset=utf-16' }, '{}'),
  }

  test.each([
    ['broken attributes', 422, 'invalid-cloud-event', ['specversion', 'id', 'source', 'BAD']],
    ['a list in structured mode', 422, 'invalid-cloud-event', ['(root)']],
    ['data twice', 422, 'invalid-cloud-event', ['data_base64']],
    ['broken JSON', 400, 'malformed-json', undefined],
    ['a number that would change', 400, 'inexact-number', undefined],
    ['deep JSON', 400, 'json-too-deep', undefined],
    ['Avro', 415, 'unsupported-media-type', undefined],
    ['UTF-16', 415, 'unsupported-media-type', undefined],
    ['broken headers', 422, 'invalid-cloud-event', ['ce-subject', 'ce-datacontenttype', 'ce-id']],
    ['no version', 422, 'invalid-cloud-event', ['ce-specversion', 'ce-id', 'ce-source']],
    ['broken JSON in binary mode', 400, 'malformed-json', undefined],
    ['no UTF-8 in binary mode', 400, 'invalid-utf8', undefined],
    ['a number that would change in binary mode', 400, 'inexact-number', undefined],
    ['deep JSON in binary mode', 400, 'json-too-deep', undefined],
    ['UTF-16 in binary mode', 415, 'unsupported-media-type', undefined],
  ])('%s', async (title, status, code, paths) => {
    const before = await countEvents(system.store)
    const answer = await send[title]?.()
    expect(answer).toMatchObject({ status, body: { code } })
    expect(answer?.body.errors?.map((error) => error.path)).toEqual(paths)
    expect(await countEvents(system.store)).toBe(before)
  })
})

test('an event without data is taken in both modes', async () => {
  expect((await sendStructured(newDocument({ data: undefined }))).status).toBe(202)
  expect((await sendBinary({}, '')).status).toBe(202)
})

test('bytes of any type are taken in binary mode', async () => {
  const { status } = await sendBinary({ 'content-type': 'image/png' }, new Uint8Array([0, 255, 128]))
  expect(status).toBe(202)
})

test('a sender of structured mode may send the headers of binary mode besides', async () => {
  const { status } = await sendStructured(newDocument(), { 'ce-specversion': '1.0', 'ce-id': 'x' })
  expect(status).toBe(202)
})

test('a batch of CloudEvents may be empty', async () => {
  const { status, body } = await system.api.post('[]', {
    'content-type': 'application/cloudevents-batch+json',
  })
  expect([status, body]).toEqual([200, { items: [], accepted: 0, duplicates: 0, failed: 0 }])
})

test('an element of a batch that was sent before is a duplicate', async () => {
  const document = newDocument()
  const first = await sendStructured(document)
  const { body } = await system.api.post(JSON.stringify([document, 'text']), {
    'content-type': 'application/cloudevents-batch+json',
  })
  expect(body).toMatchObject({
    items: [
      { index: 0, status: 202, id: first.body.id, duplicate: true },
      { index: 1, status: 422, problem: { code: 'invalid-cloud-event' } },
    ],
    duplicates: 1,
    failed: 1,
  })
})

test('the examples of docs/cloud-events.md are taken', async () => {
  const page = readFileSync(new URL('../../docs/cloud-events.md', import.meta.url), 'utf8')
  const statuses: number[] = []
  for (const [command] of page.matchAll(/^curl .*\n(?: {2}.*\n)+/gm)) {
    const headers = [...command.matchAll(/-H '(?<name>[^:]+): (?<value>[^']*)'/g)]
    const { status } = await system.api.post(
      /-d '(?<body>[^']*)'/.exec(command)?.groups?.['body'],
      Object.fromEntries(headers.map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? ''])),
    )
    statuses.push(status)
  }
  expect(statuses).toEqual([202, 202, 200])
})
