/** SIGTERM at the commands that run long: ended in order, as by Ctrl-C, with the exit code of a program that was terminated. */
import { once } from 'node:events'
import { keys } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, startManifold, type RunningCommand } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { scriptedManifold } from '../support/scripted-manifold.ts'
import { startSystem, type System } from '../support/system.ts'

const TERMINATED = 143

let system: System
let environment: Record<string, string>

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/status/422` }],
    }),
  })
  environment = { MANIFOLD_URL: system.url }
})

afterAll(() => system.close())

/** Waits for its first output on one of the two. */
async function begun({ child }: RunningCommand, output: 'stdout' | 'stderr'): Promise<void> {
  const stream = child[output]
  if (stream === null) throw new Error('no output')
  await once(stream, 'data')
}

test('send says what was accepted, and how to go on', async () => {
  const command = startManifold(['send', '-i', 'cut', '--json', '-'], { environment })
  const lines = Array.from({ length: 600 }, (_, index) => `{"type":"a.b","data":${String(index)}}\n`)
  command.child.stdin?.write(lines.join(''))
  await begun(command, 'stdout')
  command.child.kill('SIGTERM')
  const { code, stdout, stderr } = await command.result
  expect(code).toBe(TERMINATED)
  expect(jsonLines(stdout).at(-1)).toMatchObject({ summary: { accepted: 500, idempotencyKey: 'cut' } })
  expect(stderr).toContain('--idempotency-key cut')
})

test('events watch ends', async () => {
  const command = startManifold(['events', 'watch'], { environment })
  await begun(command, 'stderr')
  command.child.kill('SIGTERM')
  expect(await command.result).toMatchObject({ code: TERMINATED })
})

test('dead-letters replay says that the replay goes on without it', async () => {
  await eventually('dead letters', async () => (await system.api.deadLetters('?limit=100')).length > 20)
  const words = ['dead-letters', 'replay', '--target', 'crm', '--rate', '1', '--yes', '--json']
  const command = startManifold(words, { environment })
  await eventually('it to begin', async () => (await system.store.redis.scard(keys.openReplays)) === 1)
  // The command knows of it as soon as it is answered.
  const looks = () => system.logs().filter((line) => String(line['path']).startsWith('/v1/admin/replays/'))
  await eventually('it to look on', () => looks().length > 0)
  command.child.kill('SIGTERM')
  const { code, stderr } = await command.result
  expect(code).toBe(TERMINATED)
  expect(stderr).toContain('the replay goes on without this command')
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a second %s does not wait for what the first one was to end in order', async (signal, code) => {
  // Lists what there is, counts it, and never answers the discard.
  const hanging = await scriptedManifold(
    { status: 200, body: { items: [LETTER], nextCursor: null } },
    { status: 200, body: { items: [LETTER], nextCursor: null } },
    () => undefined,
  )
  const command = startManifold(['dead-letters', 'discard', '--all', '--yes'], {
    environment: { MANIFOLD_URL: hanging.url },
  })
  const isDiscarding = () => hanging.asked.some(({ method }) => method === 'DELETE')
  await eventually('the discard to begin', isDiscarding)
  // What has begun is finished first, unless somebody insists.
  const again = setInterval(() => command.child.kill(signal), 50)
  expect(await command.result).toMatchObject({ code })
  clearInterval(again)
})

const LETTER = {
  id: 'evt_1-crm',
  eventId: 'evt_1',
  target: 'crm',
  type: 'a.b',
  source: 'shop',
  subject: null,
  reason: 'rejected',
  diedAt: '2026-01-31T09:30:00.000Z',
  acceptedAt: '2026-01-31T09:29:00.000Z',
  attempts: 1,
  generation: 1,
  lastAttempt: null,
}
