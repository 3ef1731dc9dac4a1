/** `manifold dead-letters` and `replays`: bulk actions take what was counted, and nothing without being told to. */
import { afterAll, beforeEach, afterEach, beforeAll, expect, test } from 'vitest'
import { jsonLines, manifold, manifoldOnTerminal, startManifold } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { containing, like } from '../support/matching.ts'

let system: System
let environment: Record<string, string>

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: ['crm', 'erp'].map((name) => ({
        name,
        subscribe: [`${name}.*`],
        url: `${sandboxUrl}/t/${name}/status/400`,
      })),
    }),
  })
  environment = { MANIFOLD_URL: system.url }
})
afterAll(() => system.close())

const dead = () => system.api.deadLetters('?limit=200')

beforeEach(async () => {
  for (const type of ['crm.a', 'crm.a', 'crm.b', 'erp.a']) await system.api.post({ type, data: { type } })
  await eventually('four dead letters', async () => (await dead()).length === 4)
})
afterEach(async () => {
  for (const { id } of await dead()) await system.api.call('DELETE', `/v1/admin/dead-letters/${id}`)
})

test('they are listed by filter, and shown with data and attempts', async () => {
  const list = await manifold(['dead-letters', 'list', '--target', 'crm', '--type', 'crm.b', '--json'], {
    environment,
  })
  const [one] = await system.api.deadLetters('?type=crm.b')
  expect(jsonLines(list.stdout)).toEqual([one])
  const table = await manifold(['dead-letters', 'list', '--reason', 'rejected'], { environment })
  expect(table.stdout.trim().split('\n')).toHaveLength(5)
  const shown = await manifold(['dead-letters', 'show', one?.id ?? ''], { environment })
  expect(shown.stdout).toMatch(/"type": "crm.b"/)
  expect(shown.stdout).toMatch(/permanent +http-400/)
})

test('a dry run counts by target and reason, and does nothing', async () => {
  const { code, stdout } = await manifold(['dead-letters', 'discard', '--all', '--dry-run'], { environment })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^crm +rejected +3$/m)
  expect(stdout).toContain('4 dead letters would be taken; nothing was done')
  expect(await dead()).toHaveLength(4)
})

test('without a terminal nothing is done in bulk unless --yes says so; nor without ids, filter or --all', async () => {
  for (const verb of ['replay', 'discard']) {
    const refused = await manifold(['dead-letters', verb, '--target', 'crm'], { environment })
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: containing('--yes') })
    const vague = await manifold(['dead-letters', verb, '--yes'], { environment })
    expect(vague).toMatchObject({ code: 2, stderr: containing('--all') })
    const both = await manifold(['dead-letters', verb, 'evt_1-crm', '--all', '--yes'], { environment })
    expect(both).toMatchObject({ code: 2, stderr: containing('not both') })
  }
  expect(await dead()).toHaveLength(4)
})

test('on a terminal there is a question: no does nothing, yes does it', async () => {
  const no = await manifoldOnTerminal(['dead-letters', 'discard', '--target', 'crm'], {
    environment,
    input: 'n\n',
  })
  expect(no.stdout).toContain('Discard 3 dead letters for good? [y/N]')
  expect(no.stdout).toContain('nothing was done')
  expect(no.code).toBe(1)
  expect(await dead()).toHaveLength(4)
  const yes = await manifoldOnTerminal(['dead-letters', 'discard', '--target', 'crm'], {
    environment,
    input: 'y\n',
  })
  expect(yes.stdout).toContain('3 discarded')
  expect((await dead()).map(({ target }) => target)).toEqual(['erp'])
})

test('by their ids some are discarded; one that is not there is told, and the others go on', async () => {
  const [one] = await dead()
  const { code, stdout, stderr } = await manifold(
    ['dead-letters', 'discard', 'evt_none-crm', one?.id ?? ''],
    { environment },
  )
  expect(code).toBe(1)
  expect(stdout).toBe(`${one?.id ?? ''} discarded\n`)
  expect(stderr).toContain('evt_none-crm: error: No such dead letter')
})

test('a bulk replay is followed to its end', async () => {
  const { code, stdout } = await manifold(['dead-letters', 'replay', '--target', 'crm', '--yes', '--json'], {
    environment,
  })
  expect(code).toBe(0)
  const [done] = jsonLines(stdout)
  expect(done).toMatchObject({ status: 'completed', matched: 3, replayed: 3, failed: 0 })
  await eventually(
    'them to be dead again',
    async () => (await dead()).filter(({ generation }) => generation === 2).length === 3,
  )
  const shown = await manifold(['replays', 'show', String(done?.['id']), '--wait'], { environment })
  expect(shown.stdout).toContain('completed: 3 of 3 replayed')
})

test('Ctrl-C stops looking at a bulk replay, which goes on, and says how to look again', async () => {
  const { child, result } = startManifold(['dead-letters', 'replay', '--all', '--yes', '--rate', '4'], {
    environment,
  })
  const { log } = await eventually('the replay to have begun', async () => {
    const found = (await dead()).length < 4
    return found && { log: found }
  })
  expect(log).toBe(true)
  child.kill('SIGINT')
  const { code, stderr } = await result
  expect(code).toBe(130)
  const [, id = ''] = /manifold replays show (\S+)/.exec(stderr) ?? []
  const done = await manifold(['replays', 'show', id, '--wait', '--json'], { environment })
  expect(jsonLines(done.stdout)).toEqual([like({ id, status: 'completed', matched: 4, replayed: 4 })])
  await eventually(
    'them to be dead again',
    async () => (await dead()).filter(({ generation }) => generation === 2).length === 4,
  )
})

test('a replay that is not waited for gives its id', async () => {
  const { code, stderr } = await manifold(
    ['dead-letters', 'replay', '--all', '--yes', '--no-wait', '--limit', '1'],
    { environment },
  )
  expect(code).toBe(0)
  expect(stderr).toMatch(/manifold replays show rpl_\w+/)
  await eventually('one to be dead again', async () =>
    (await dead()).some(({ generation }) => generation === 2),
  )
})

test('by their ids some are replayed, without a question; a dry run looks and does nothing', async () => {
  const [one, two] = await dead()
  const ids = [one?.id ?? '', two?.id ?? '']
  const dry = await manifold(['dead-letters', 'replay', '--dry-run', ...ids, 'evt_none-crm'], { environment })
  expect(dry).toMatchObject({
    code: 1,
    stdout: ids.map((id) => `${id} would be replayed\n`).join(''),
    stderr: containing('evt_none-crm: error: No such dead letter'),
  })
  expect((await dead()).every(({ generation }) => generation === 1)).toBe(true)
  const done = await manifold(['dead-letters', 'replay', '--json', ...ids], { environment })
  expect(done.code).toBe(0)
  expect(jsonLines(done.stdout)).toEqual(ids.map((id) => like({ id, replayed: true })))
  await eventually(
    'them to be dead again',
    async () => (await dead()).filter(({ generation }) => generation === 2).length === 2,
  )
})

test('on a terminal a bulk replay asks, too: no does nothing', async () => {
  const no = await manifoldOnTerminal(['dead-letters', 'replay', '--target', 'crm', '--limit', '2'], {
    environment,
    input: 'n\n',
  })
  expect(no.stdout).toContain('Replay 2 dead letters? [y/N]')
  expect(no).toMatchObject({ code: 1, stdout: containing('nothing was done') })
  expect((await dead()).every(({ generation }) => generation === 1)).toBe(true)
})

test('they are listed, counted and discarded by when they died', async () => {
  const all = await system.api.call<{ items: { diedAt: string }[] }>(
    'GET',
    '/v1/admin/dead-letters?limit=200',
  )
  const times = all.body.items.map(({ diedAt }) => diedAt).toSorted()
  const last = times.at(-1) ?? ''
  const listed = await manifold(['dead-letters', 'list', '--before', last, '--json'], { environment })
  expect(jsonLines(listed.stdout).map(({ diedAt }) => diedAt)).toEqual(
    times.filter((time) => time < last).toReversed(),
  )
  const since = await manifold(['dead-letters', 'list', '--after', last, '--json'], { environment })
  expect(jsonLines(since.stdout).every(({ diedAt }) => String(diedAt) >= last)).toBe(true)
  expect(
    jsonLines((await manifold(['dead-letters', 'list', '--after', '1h', '--json'], { environment })).stdout),
  ).toHaveLength(4)
  const none = await manifold(['dead-letters', 'discard', '--before', '1h', '--yes'], { environment })
  expect(none).toEqual({ code: 0, stdout: '', stderr: 'no dead letter matches\n' })
  const some = await manifold(['dead-letters', 'discard', '--before', last, '--yes', '--json'], {
    environment,
  })
  const count = times.filter((time) => time < last).length
  expect(JSON.parse(some.stdout)).toEqual({ matched: count, discarded: count, skipped: 0 })
  expect(await dead()).toHaveLength(4 - count)
})
