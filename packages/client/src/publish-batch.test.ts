/** Batches: results in order, chunks of bounded size, and no second event from a repeat. */
import { expect, test } from 'vitest'
import {
  acceptedEvent,
  patientClock,
  problem,
  scriptedManifold,
  type ScriptedAnswer,
} from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'

const orders = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ type: 'order.placed', data: { n } }))

const taken = (index: number, duplicate = false) => ({
  ...acceptedEvent(`evt_${String(index)}`),
  index,
  status: 202,
  eventStatus: 'pending',
  duplicate,
})
const refused = (index: number, code: string, status: number) => ({
  index,
  status,
  problem: problem(code, status),
})

const lines = (...items: object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')
const answer = (...items: object[]): ScriptedAnswer => ({ status: 200, body: lines(...items) })

/** Takes everything. */
const takeAll: ScriptedAnswer = (response, { body }) => {
  response.end(
    lines(
      ...body
        .trim()
        .split('\n')
        .map((_, index) => taken(index)),
    ),
  )
}

test('each event has a result, in order; a bad one does not sink the good ones', async () => {
  const { url, asked } = await scriptedManifold(
    answer(taken(0), refused(1, 'invalid-event', 422), taken(2, true)),
  )
  const result = await createClient({ url }).publishBatch(orders(3))
  expect(result).toMatchObject({
    accepted: 2,
    refused: 1,
    items: [
      { kind: 'accepted', index: 0, event: { id: 'evt_0', status: 'pending', replayed: false } },
      { kind: 'refused', index: 1, error: { code: 'invalid-event', status: 422 } },
      { kind: 'accepted', index: 2, event: { id: 'evt_2', status: 'pending', replayed: true } },
    ],
  })
  expect(asked[0]?.headers['content-type']).toBe('application/x-ndjson')
  expect(asked[0]?.body).toBe(lines(...orders(3)))
})

test('many events go in chunks of so many, and of so much; indexes count through', async () => {
  const { url, asked } = await scriptedManifold(takeAll)
  const client = createClient({ url })
  const { items, accepted } = await client.publishBatch(orders(25), { chunkSize: 10 })
  expect(accepted).toBe(25)
  expect(items.map(({ index }) => index)).toEqual(orders(25).map(({ data }) => data.n))
  expect(asked).toHaveLength(3)
  expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(3)

  await client.publishBatch(orders(4), { chunkLength: 80 })
  expect(asked).toHaveLength(5)
})

test('an endless source is read no further than its results are', async () => {
  const { url } = await scriptedManifold(takeAll)
  let made = 0
  async function* endless() {
    for (;;) yield await Promise.resolve({ type: 'tick', data: made++ })
  }
  let seen = 0
  for await (const item of createClient({ url }).publishEach(endless(), { chunkSize: 10 })) {
    expect(item.index).toBe(seen++)
    if (seen === 35) break
  }
  expect(made).toBeLessThanOrEqual(41)
})

test('a chunk whose answer was lost or cut off is repeated whole, under its key', async () => {
  const { url, asked } = await scriptedManifold(
    'hang-up',
    { status: 200, body: lines(taken(0)) + '{"index":1,"sta' },
    answer(taken(0, true), taken(1), taken(2)),
  )
  const { items } = await createClient({ url, clock: patientClock() }).publishBatch(orders(3))
  expect(items).toMatchObject([
    { kind: 'accepted', event: { replayed: false } },
    { kind: 'accepted', event: { id: 'evt_1' } },
    { kind: 'accepted', event: { id: 'evt_2' } },
  ])
  expect(
    new Set(asked.map(({ headers, body }) => `${String(headers['idempotency-key'])} ${body}`)).size,
  ).toBe(1)
})

test('an event that Redis could not take is tried again; the others keep their first result', async () => {
  const { url, asked } = await scriptedManifold(
    answer(taken(0), refused(1, 'store-unavailable', 503), refused(2, 'invalid-event', 422)),
    answer(taken(0, true), taken(1), refused(2, 'invalid-event', 422)),
  )
  const { items } = await createClient({ url, clock: patientClock() }).publishBatch(orders(3))
  expect(items).toMatchObject([
    { event: { replayed: false } },
    { event: { id: 'evt_1' } },
    { error: { code: 'invalid-event' } },
  ])
  expect(asked).toHaveLength(2)
})

test('an event that never got a line is refused, not forgotten', async () => {
  const { url } = await scriptedManifold(answer(taken(0)))
  const { items, refused: count } = await createClient({ url, clock: patientClock() }).publishBatch(orders(2))
  expect(items[1]).toMatchObject({ kind: 'refused', index: 1, error: { code: 'unexpected-answer' } })
  expect(count).toBe(1)
})

test('with a key of your own, the same list has the same keys again', async () => {
  const { url, asked } = await scriptedManifold(takeAll)
  const client = createClient({ url })
  for (let round = 0; round < 2; round++)
    await client.publishBatch(orders(25), { chunkSize: 20, idempotencyKey: 'import-7' })
  expect(asked.map(({ headers }) => headers['idempotency-key'])).toEqual([
    'import-7.0',
    'import-7.20',
    'import-7.0',
    'import-7.20',
  ])
})

test('when a chunk gets no answer at all, the work ends with its error', async () => {
  const { url } = await scriptedManifold(takeAll, { status: 503, body: problem('store-unavailable', 503) })
  const seen: number[] = []
  const work = (async () => {
    const client = createClient({ url, clock: patientClock() })
    for await (const { index } of client.publishEach(orders(5), { chunkSize: 2 })) seen.push(index)
  })()
  await expect(work).rejects.toMatchObject({ code: 'store-unavailable' })
  expect(seen).toEqual([0, 1])
})

test('nothing to send asks nothing', async () => {
  const { url, asked } = await scriptedManifold(takeAll)
  expect(await createClient({ url }).publishBatch([])).toEqual({ items: [], accepted: 0, refused: 0 })
  expect(asked).toEqual([])
})
