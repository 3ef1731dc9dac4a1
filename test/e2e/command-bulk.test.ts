/** Bulk actions against a producer whose dead letters change between two requests: what was not counted is not taken. */
import { expect, test } from 'vitest'
import { manifold } from '../support/command.ts'
import { containing } from '../support/matching.ts'
import { problem, scriptedManifold, type ScriptedAnswer } from '../support/scripted-manifold.ts'

const letter = (id: string, diedAt: string) => ({
  id,
  eventId: 'evt_1',
  target: 'crm',
  type: 'order.placed',
  source: 'shop',
  subject: null,
  reason: 'rejected',
  diedAt,
  acceptedAt: '2026-01-31T09:29:00.000Z',
  attempts: 1,
  generation: 1,
  lastAttempt: null,
})

const page = (...items: object[]): ScriptedAnswer => ({ status: 200, body: { items, nextCursor: null } })

const DIED = '2026-01-31T09:30:00.000Z'

/** What the second list asked for, and whether anything was discarded. */
async function discard(options: readonly string[], ...script: ScriptedAnswer[]) {
  const producer = await scriptedManifold(...script)
  const result = await manifold(['dead-letters', 'discard', ...options], {
    environment: { MANIFOLD_URL: producer.url },
  })
  const [, second] = producer.asked.filter(({ method }) => method === 'GET')
  return {
    result,
    before: second === undefined ? undefined : new URL(second.path, producer.url).searchParams.get('before'),
    discarded: producer.asked.filter(({ method }) => method === 'DELETE').map(({ path }) => path),
  }
}

test('where nothing matched nothing is asked or done, though one dies in the next moment', async () => {
  const { result, discarded } = await discard(['--target', 'crm'], page(), page(letter('evt_1-crm', DIED)))
  expect(result).toEqual({ code: 0, stdout: '', stderr: 'no dead letter matches\n' })
  expect(discarded).toEqual([])
  const json = await discard(['--target', 'crm', '--json'], page())
  expect(JSON.parse(json.result.stdout)).toEqual({ matched: 0, discarded: 0, skipped: 0 })
})

test.each([
  ['none', [], '2026-01-31T09:30:00.001Z'],
  ['one still to come', ['--before', '2999-01-01T00:00:00Z'], '2026-01-31T09:30:00.001Z'],
  ['an earlier one', ['--before', '2026-01-31T09:30:00Z'], '2026-01-31T09:30:00.000Z'],
])('what is taken ends with the newest that was counted: --before %s', async (_which, options, before) => {
  const one = letter('evt_1-crm', DIED)
  const taken = await discard(['--target', 'crm', '--yes', ...options], page(one), page(one), {
    status: 204,
    body: '',
  })
  expect(taken).toMatchObject({ result: { code: 0, stdout: '1 discarded\n' }, before })
  expect(taken.discarded).toEqual(['/v1/admin/dead-letters/evt_1-crm'])
})

test('a replay is held to what was counted, too', async () => {
  const producer = await scriptedManifold(page(letter('evt_1-crm', DIED)), {
    status: 202,
    headers: { location: '/v1/admin/replays/rpl_1' },
    body: { id: 'rpl_1', status: 'completed', matched: 1, replayed: 1, failed: 0 },
  })
  const words = ['dead-letters', 'replay', '--target', 'crm', '--yes', '--no-wait']
  await manifold([...words, '--before', '2999-01-01T00:00:00Z'], {
    environment: { MANIFOLD_URL: producer.url },
  })
  const body = producer.asked.find(({ method }) => method === 'POST')?.body ?? '{}'
  expect(JSON.parse(body)).toMatchObject({ target: 'crm', before: '2026-01-31T09:30:00.001Z' })
})

test('a replay by ids takes no options of a replay by filter, and does nothing', async () => {
  const producer = await scriptedManifold({ status: 500 })
  for (const options of [['--limit', '1'], ['--rate', '2'], ['--no-wait']]) {
    const result = await manifold(['dead-letters', 'replay', 'evt_1-crm', ...options], {
      environment: { MANIFOLD_URL: producer.url },
    })
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: containing('are for a filter') })
  }
  expect(producer.asked).toEqual([])
})

test('a command to go on with names the address that was given, and never the key', async () => {
  const producer = await scriptedManifold(page(letter('evt_1-crm', DIED)), {
    status: 202,
    headers: { location: '/v1/admin/replays/rpl_1' },
    body: { id: 'rpl_1', status: 'completed', matched: 1, replayed: 1, failed: 0 },
  })
  const given = ['--url', producer.url, '--key', 'mk_given']
  const replay = await manifold(['dead-letters', 'replay', '--all', '--yes', '--no-wait', ...given])
  expect(replay.stderr).toContain(`manifold replays show rpl_1 --url ${producer.url}\n`)
  const refusing = await scriptedManifold({ status: 500, body: problem('internal-error', 500) })
  const send = await manifold(['send', '-i', 'k', '--url', refusing.url, '--key', 'mk_given', '-'], {
    input: '{"type":"a.b","data":1}\n{',
  })
  expect(send.stderr).toContain(`manifold send --idempotency-key k --url ${refusing.url} -\n`)
  expect(replay.stderr + send.stderr).not.toContain('mk_given')
})
