/** docs/logs.md says what is logged: every message of the code, and the fields of the lines that most of a log is made of. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { loggedMessages } from '../support/logged-messages.ts'
import { startMeasuredSystem, type MeasuredSystem } from '../support/measured-system.ts'
import { openSocket } from '../support/web-socket.ts'

const page = readFileSync(new URL('../../docs/logs.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
)

/** Messages with their levels: rows of the table, and those in the text before a table of fields. */
const documented = [
  ...[...(sections.get('Everything else') ?? '').matchAll(/^\| (.+?) +\| (info|warn|error|fatal) +\|/gm)],
  ...['Deliveries', 'Dead letters that somebody dealt with'].flatMap((title) => [
    ...(sections.get(title) ?? '').matchAll(/`([a-z ]+)` \((info|warn|error|fatal)\)/g),
  ]),
].map(([, message = '', level = '']) => `${level}: ${message}`)

test('every message of the code is on the page, with its level, and no other', () => {
  const logged = loggedMessages().map(({ level, message }) => `${level}: ${message}`)
  expect(logged.length).toBeGreaterThan(30)
  expect([...new Set(documented)].sort()).toEqual([...new Set(logged)].sort())
})

/** Those in the first column of a section's table. */
function fieldsOf(title: string): string[] {
  const rows = (sections.get(title) ?? '').matchAll(/^\| (`.+?`) +\|/gm)
  return [...rows].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

let measured: MeasuredSystem

beforeAll(async () => {
  measured = await startMeasuredSystem()
  const { api } = measured.system
  const { ask, socket } = await openSocket(measured.system.url)
  await ask({ do: 'publish', event: { type: 'order.settled', data: 1, targets: ['crm'] } })
  socket.close()
  const letters = await eventually('a dead letter', async () => {
    const all = await api.deadLetters('?target=billing')
    return all.length > 0 ? all : undefined
  })
  const id = String(letters[0]?.id)
  await api.call('POST', `/v1/admin/dead-letters/${id}/replay`)
  await eventually('it to die again', async () => (await api.deadLetters('?target=billing')).length > 0)
  await api.call('POST', '/v1/admin/dead-letters/replay', { target: 'billing' })
  await eventually('it to die once more', async () => {
    const replayed = measured.system.logs().filter(({ msg }) => msg === 'replayed')
    return replayed.length === 2 && (await api.deadLetters('?target=billing')).length > 0
  })
  await api.call('DELETE', `/v1/admin/dead-letters/${id}`)
})

afterAll(() => measured.close())

test.each([
  ['Requests', (line: Record<string, unknown>) => line['method'] !== undefined, 5],
  ['Deliveries', (line: Record<string, unknown>) => line['settlement'] !== undefined, 5],
  [
    'Dead letters that somebody dealt with',
    ({ msg }: Record<string, unknown>) => msg === 'replayed' || msg === 'discarded',
    3,
  ],
])('%s: a line has fields of the page, and no other', (title, isOne, atLeast) => {
  const lines = measured.system.logs().filter(isOne)
  expect(lines.length).toBeGreaterThanOrEqual(atLeast)
  const known = [...fieldsOf('On every line'), ...fieldsOf(title)]
  for (const line of lines) expect(known).toEqual(expect.arrayContaining(Object.keys(line)))
})

test.each([
  ['a request that published', ({ msg }: Record<string, unknown>) => msg === 'POST /v1/events 202'],
  [
    'a request that replayed',
    ({ msg }: Record<string, unknown>) => /^POST .*-billing\/replay 202$/.test(String(msg)),
  ],
  ['a publish over a WebSocket', ({ msg }: Record<string, unknown>) => msg === 'PUBLISH /v1/ws 202'],
  ['an attempt that was delivered', ({ msg }: Record<string, unknown>) => msg === 'delivered'],
  ['one that is retried', ({ msg }: Record<string, unknown>) => msg === 'will retry'],
  ['one that is put off', ({ msg }: Record<string, unknown>) => msg === 'deferred'],
  ['a dead letter', ({ msg }: Record<string, unknown>) => msg === 'dead letter'],
  ['a replay', ({ msg }: Record<string, unknown>) => msg === 'replayed'],
  ['a discard', ({ msg }: Record<string, unknown>) => msg === 'discarded'],
])('each line of %s has the event and its trace', (_what, isOne) => {
  const lines = measured.system.logs().filter(isOne)
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    expect(line['eventId']).toMatch(/^evt_/)
    expect(line['traceId']).toMatch(/^[0-9a-f]{32}$/)
  }
})

test('one replay of one, one of many and one discard: a line each, with event, trace and why it had died', () => {
  const lines = measured.system.logs().filter(({ msg }) => msg === 'replayed' || msg === 'discarded')
  const common = {
    level: 'info',
    eventId: expect.stringMatching(/^evt_/) as string,
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    target: 'billing',
    type: 'order.placed',
    reason: 'rejected',
  }
  expect(lines).toMatchObject([
    { ...common, msg: 'replayed', generation: 2 },
    { ...common, msg: 'replayed', generation: 3, replayId: expect.stringMatching(/^rpl_/) as string },
    { ...common, msg: 'discarded', generation: 3 },
  ])
})
