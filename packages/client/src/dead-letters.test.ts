/** Dead letters and their replay: pages, progress, and what is not repeated blindly. */
import { expect, test } from 'vitest'
import { patientClock, problem, scriptedManifold } from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'

const page = (ids: string[], nextCursor: string | null) => ({
  status: 200,
  body: { items: ids.map((id) => ({ id })), nextCursor },
})

test('all pages come one behind another, each when the last one was taken', async () => {
  const { url, asked } = await scriptedManifold(page(['a', 'b'], 'next'), page([], 'more'), page(['c'], null))
  const client = createClient({ url })
  const seen: string[] = []
  const after = new Date('2026-01-31T09:30:00Z')
  for await (const { id } of client.deadLetters.all({ target: 'crm', after })) {
    seen.push(id)
    expect(asked).toHaveLength(id === 'c' ? 3 : 1)
  }
  expect(seen).toEqual(['a', 'b', 'c'])
  expect(asked.map(({ path }) => path)).toEqual(
    ['', '&cursor=next', '&cursor=more'].map(
      (cursor) => `/v1/admin/dead-letters?target=crm&after=2026-01-31T09%3A30%3A00.000Z&limit=200${cursor}`,
    ),
  )
})

test('a bulk replay is waited for, and tells how far it has come', async () => {
  const state = (status: string, replayed: number) => ({
    status: 200,
    body: { id: 'rpl_1', status, matched: 2, replayed, failed: 0 },
  })
  const { url, asked } = await scriptedManifold(
    { ...state('matching', 0), status: 202 },
    state('running', 1),
    state('completed', 2),
  )
  const client = createClient({ url, clock: patientClock() })
  const replay = await client.replay({ target: 'crm', ratePerSecond: 5 })
  const told: number[] = []
  const done = await replay.waitUntilDone({ onProgress: ({ replayed }) => told.push(replayed) })
  expect(done).toMatchObject({ status: 'completed', replayed: 2 })
  expect(told).toEqual([1, 2])
  expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['POST', '/v1/admin/dead-letters/replay', '{"target":"crm","ratePerSecond":5}'],
    ['GET', '/v1/admin/replays/rpl_1', ''],
    ['GET', '/v1/admin/replays/rpl_1', ''],
  ])
})

test('what may have happened is not repeated: a lost answer to a replay or a discard is an error', async () => {
  const { url, asked } = await scriptedManifold('hang-up')
  const client = createClient({ url, clock: patientClock() })
  const works = [
    () => client.replay('evt_1-crm'),
    () => client.replay({}),
    () => client.deadLetters.discard('evt_1-crm'),
  ]
  for (const work of works) await expect(work()).rejects.toMatchObject({ code: 'network-error' })
  expect(asked).toHaveLength(3)
})

test('what the server says it did not do is tried again', async () => {
  const { url, asked } = await scriptedManifold(
    { status: 503, body: problem('store-unavailable', 503) },
    {
      status: 202,
      body: { id: 'evt_1-crm', eventId: 'evt_1', target: 'crm', status: 'pending', generation: 2 },
    },
  )
  const client = createClient({ url, clock: patientClock() })
  expect(await client.replay('evt_1-crm')).toMatchObject({ generation: 2 })
  expect(asked).toHaveLength(2)
})
