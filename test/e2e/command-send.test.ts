/** `manifold send`: nothing is lost over a broken line, and nothing is doubled by sending again. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey } from '@manifold/config'
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, manifold, startManifold } from '../support/command.ts'
import { startSystem, type System } from '../support/system.ts'
import { containing, like, matching } from '../support/matching.ts'

const { key, entry } = createApiKey('sender', ['publish', 'read'])
const folder = mkdtempSync(join(tmpdir(), 'manifold-send-'))

let system: System
let environment: Record<string, string>

beforeAll(async () => {
  system = await startSystem({
    // Nobody wants these events: what is sent is looked at, not delivered.
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
    environment: { MANIFOLD_API_KEYS: entry },
    withWorker: false,
  })
  environment = { MANIFOLD_URL: system.url, MANIFOLD_API_KEY: key }
})
afterAll(async () => {
  await system.close()
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}

const lineOf = (n: number) => JSON.stringify({ type: 'bulk.one', data: { n } })

test('a broken line 512 of many is told with its reason, the rest is accepted; mended and sent again, only it is new', async () => {
  const lines = Array.from({ length: 1_200 }, (_, index) => lineOf(index + 1))
  const path = file('many.ndjson', lines.with(511, '{"type":"bulk.one",'))
  const before = await countEvents(system.store)
  const first = await manifold(['send', '-i', 'import-7', path], { environment })
  expect(first).toMatchObject({
    code: 1,
    stdout: matching(/^accepted 1199, duplicates 0, failed 1 /),
  })
  expect(first.stderr).toMatch(/^line 512: is not JSON: .*\(malformed-json\)$/m)
  expect(first.stderr).toContain('manifold send --idempotency-key import-7')

  file('many.ndjson', lines)
  const second = await manifold(['send', '-i', 'import-7', path], { environment })
  expect(second).toMatchObject({
    code: 0,
    stdout: matching(/^accepted 1, duplicates 1199, failed 0 /),
  })
  expect((await countEvents(system.store)) - before).toBe(1_200)
})

test('what the producer refuses is told by line and field, and the rest goes on; programs get a line each', async () => {
  const input = [
    lineOf(1),
    '',
    '{"type":"no spaces","data":1}',
    '42',
    '{"type":"a.b","data":1,"id":"mine"}',
  ].join('\n')
  const { code, stdout } = await manifold(['send', '--json', '-i', 'k', '-'], { environment, input })
  expect(code).toBe(1)
  expect(jsonLines(stdout)).toEqual([
    like({ line: 4, problem: like({ code: 'invalid-event' }) }),
    like({ line: 1, id: 'k.1', type: 'bulk.one', status: 'unrouted', duplicate: false }),
    {
      line: 3,
      problem: like({
        code: 'invalid-event',
        errors: [like({ path: 'type' })],
      }),
    },
    like({ line: 5, id: 'mine' }),
    { summary: like({ accepted: 2, duplicates: 0, failed: 2, idempotencyKey: 'k' }) },
  ])
})

test.each([
  ['an array, whose items are counted', '[{"type":"a.b","data":1},\n{"type":"a.b","data":2}]', [], 2],
  ['one event over several lines', '{\n  "type": "a.b",\n  "data": {}\n}\n', [], 1],
  ['data of one type', '{"orderId":"A-1"}\n7\n', ['--type', 'plain.data'], 2],
  ['a file that begins with a byte order mark', `\uFEFF${lineOf(1)}\r\n${lineOf(2)}\r\n`, [], 2],
  ['nothing', '\n \n', [], 0],
])('it takes %s', async (_what, input, options, accepted) => {
  const { code, stdout } = await manifold(['send', ...options, '-'], { environment, input })
  expect(stdout).toContain(`accepted ${String(accepted)}, duplicates 0, failed 0`)
  expect(code).toBe(0)
})

test('a dry run sends nothing, and finds what no producer would take', async () => {
  const before = await countEvents(system.store)
  const input = `${lineOf(1)}\n{"type":"a b","data":1}\n{\n`
  const { code, stdout, stderr } = await manifold(['send', '--dry-run', '-'], { environment, input })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '1 would be sent, 2 could not; nothing was sent\n' })
  expect(stderr).toMatch(/line 2: type: use only/)
  expect(await countEvents(system.store)).toBe(before)
})

test('a wrong key ends with 4, no producer with 3, a file that is not there with 2; no key is in any of it', async () => {
  const input = lineOf(1)
  const wrong = await manifold(['send', '-'], {
    environment: { ...environment, MANIFOLD_API_KEY: 'mk_wrong' },
    input,
  })
  expect(wrong).toMatchObject({ code: 4, stderr: containing('MANIFOLD_API_KEY_FILE') })
  const away = await manifold(['events', 'list', '--url', 'http://127.0.0.1:9', '--key', 'mk_other'])
  expect(away).toMatchObject({ code: 3, stdout: '', stderr: containing('npm start') })
  const none = await manifold(['send', join(folder, 'none')], { environment })
  expect(none).toMatchObject({ code: 2, stderr: containing('ENOENT') })
  const odd = await manifold(['send', '-', '--key', 'mk with spaces'], { environment, input })
  expect(odd).toMatchObject({ code: 2 })
  for (const { stdout, stderr } of [wrong, away, none, odd])
    expect(stdout + stderr).not.toMatch(/mk[_ ](?!1)/)
})

test('Ctrl-C ends it with 130, what was accepted stays accepted, and how to go on is told', async () => {
  const { child, result } = startManifold(['send', '-i', 'cut', '--json', '-'], { environment })
  const lines = Array.from({ length: 600 }, (_, index) => `${lineOf(index)}\n`)
  child.stdin?.write(lines.join(''))
  if (child.stdout === null) throw new Error('no output')
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  const { code, stdout, stderr } = await result
  expect(code).toBe(130)
  expect(jsonLines(stdout).at(-1)).toMatchObject({ summary: { accepted: 500, idempotencyKey: 'cut' } })
  expect(stderr).toContain('--idempotency-key cut')
})
