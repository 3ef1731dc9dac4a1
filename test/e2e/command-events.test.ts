/** `manifold events`: what is shown is what the API says, for people and for programs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, manifold, manifoldOnTerminal, startManifold } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { containing, matching } from '../support/matching.ts'

let system: System
let environment: Record<string, string>
let good: string
let bad: string

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [
        { name: 'good', subscribe: ['**'], url: `${sandboxUrl}/t/good/ok` },
        { name: 'bad', subscribe: ['bad.*'], url: `${sandboxUrl}/t/bad/status/400` },
      ],
    }),
  })
  environment = { MANIFOLD_URL: system.url }
  good = (await system.api.post({ type: 'good.one', data: 1 })).body.id
  bad = (await system.api.post({ type: 'bad.one', data: 1, subject: 'red \u001b[31m' })).body.id
  await eventually('both to settle', async () => {
    const events = await Promise.all([good, bad].map((id) => system.api.event(id)))
    return events.every(({ status }) => status !== 'pending')
  })
})
afterAll(() => system.close())

test('a list takes the filters of the API, and gives a line an event', async () => {
  const all = await manifold(['events', 'list'], { environment })
  expect(all.code).toBe(0)
  expect(all.stdout.split('\n')[0]).toMatch(/^EVENT +STATUS +ACCEPTED +TYPE +DELIVERIES$/)
  expect(all.stdout).toMatch(new RegExp(`^${bad} +partially_delivered +\\S+Z +bad.one +.*bad dead`, 'm'))
  const some = await manifold(['events', 'list', '--status', 'delivered', '--after', '1h', '--json'], {
    environment,
  })
  expect(jsonLines(some.stdout)).toEqual([await system.api.event(good)])
  const first = await manifold(['events', 'list', '--limit', '1'], { environment })
  expect(first.stdout.trim().split('\n')).toHaveLength(2)
  expect(first.stderr).toContain('there are more')
  const none = await manifold(['events', 'list', '--before', '1d'], { environment })
  expect(none).toEqual({ code: 0, stdout: '', stderr: 'no event matches\n' })
})

test('one event is shown with its deliveries and attempts; what others wrote does not steer the terminal', async () => {
  const { code, stdout } = await manifold(['events', 'show', bad], { environment })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^bad +dead +1 +- +rejected$/m)
  expect(stdout).toMatch(/^bad +1 +\S+Z +\d+ ms +permanent +http-400$/m)
  expect(stdout).toContain('red \\u001b[31m')
  const asJson = await manifold(['events', 'show', bad, '--json'], { environment })
  expect(JSON.parse(asJson.stdout)).toEqual({
    ...(await system.api.event(bad)),
    attempts: await system.api.attempts(bad),
  })
})

test('an event is watched to its end', async () => {
  const { code, stdout } = await manifold(['events', 'watch', good, '--json'], { environment })
  expect(code).toBe(0)
  expect(jsonLines(stdout).map(({ message }) => message)).toEqual(['event', 'settled'])
})

test('what happens from now on is watched by type; Ctrl-C ends it with 130', async () => {
  const { child, result } = startManifold(['events', 'watch', '--type', 'good.**'], { environment })
  let told = ''
  child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
  await eventually('the stream to be open', () => told.includes('watching'))
  await system.api.post({ type: 'bad.two', data: 1 })
  const { id } = (await system.api.post({ type: 'good.two', data: 1 })).body
  let seen = ''
  child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  await eventually('the event to settle', () => seen.includes('settled'))
  child.kill('SIGINT')
  const { code, stdout, stderr } = await result
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'watching; Ctrl-C ends it\n' })
  expect(stdout).toMatch(new RegExp(`${id} +attempt +delivered +good #1: http-200`))
  expect(stdout).not.toContain('bad.two')
})

test('a reader that goes away ends it without a word', async () => {
  const { child, result } = startManifold(['events', 'watch'], { environment })
  // What it wrote was not read to its end.
  result.catch(() => undefined)
  let told = ''
  child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
  await eventually('the stream to be open', () => told.includes('watching'))
  child.stdout?.destroy()
  const posting = setInterval(() => void system.api.post({ type: 'good.three', data: 1 }), 50)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  expect(await ended).toBe(141)
  clearInterval(posting)
  expect(told).toBe('watching; Ctrl-C ends it\n')
})

test('an event that is not there is a problem with its fix; ids and filters are not mixed', async () => {
  const none = await manifold(['events', 'show', 'evt_none'], { environment })
  expect(none).toMatchObject({
    code: 1,
    stdout: '',
    stderr: matching(/No such event\n {2}fix: .*\n {2}\(event-not-found/),
  })
  const asJson = await manifold(['events', 'show', 'evt_none', '--json'], { environment })
  expect(JSON.parse(asJson.stderr)).toMatchObject({ code: 'event-not-found', status: 404 })
  const mixed = await manifold(['events', 'watch', good, '--type', 'a.*'], { environment })
  expect(mixed).toMatchObject({ code: 2, stdout: '' })
})

test('a terminal has colours, and none with NO_COLOR', async () => {
  const colourful = await manifoldOnTerminal(['events', 'list'], { environment })
  expect(colourful.stdout).toContain('\u001b[32mdelivered')
  const plain = await manifoldOnTerminal(['events', 'list'], {
    environment: { ...environment, NO_COLOR: '1' },
  })
  expect(plain.stdout).toContain('delivered')
  expect(plain.stdout).not.toContain('\u001b[')
})

test('a wrong command or option suggests the right one, and ends with 2', async () => {
  for (const [args, suggestion] of [
    [['evnts'], 'Did you mean events?'],
    [['events', 'lsit'], 'Did you mean list?'],
    [['dead-letters', 'replay', '--dryrun'], 'Did you mean --dry-run?'],
    [['events', 'list', '--status', 'faild'], 'Allowed choices are'],
    [['events', 'list', '--after', 'yesterday'], '2026-01-31T09:30:00Z'],
  ] as const) {
    expect(await manifold(args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: containing(suggestion),
    })
  }
})

test('with --json a mistake is a problem, too, as every other error is; it may stand in front of the command', async () => {
  for (const [args, title, detail] of [
    [['events', 'list', '--statuss', 'x', '--json'], "unknown option '--statuss'", 'Did you mean --status?'],
    [['--json', 'evnts'], "unknown command 'evnts'", 'Did you mean events?'],
    [['--json', 'events', 'list', '--limit', '0'], '1 or more'],
    [['--json', 'events'], 'a command is missing'],
    [['events', 'watch', good, '--type', 'a.*', '--json'], 'watch either one event'],
  ] as const) {
    const { code, stdout, stderr } = await manifold(args, { environment })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ code: 'usage', title: containing(title), fix: containing('--help') })
    if (detail !== undefined) expect(stderr).toContain(detail)
  }
  const list = await manifold(['--json', 'events', 'list', '--type', 'good.one'], { environment })
  expect(jsonLines(list.stdout)).toEqual([await system.api.event(good)])
  const failed = await manifold(['--json', 'events', 'show', 'evt_none'], { environment })
  expect(JSON.parse(failed.stderr)).toMatchObject({ code: 'event-not-found' })
})
