import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { createLineWriter } from './line-writer.ts'

describe('into a file', () => {
  let folder: string
  let path: string
  let fd: number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-lines-'))
    path = join(folder, 'log')
    fd = openSync(path, 'a')
  })

  afterEach(async () => {
    await setImmediate()
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  const written = () => readFileSync(path, 'utf8')

  test('the lines of one turn are written when it ends, in their order', async () => {
    const writer = createLineWriter(fd)
    writer.write('one\n')
    writer.write('twö\n')
    expect(written()).toBe('')
    await setImmediate()
    expect(written()).toBe('one\ntwö\n')
  })

  test('and so are those of the next one', async () => {
    const writer = createLineWriter(fd)
    writer.write('one\n')
    await setImmediate()
    writer.write('two\n')
    await setImmediate()
    expect(written()).toBe('one\ntwo\n')
  })

  test('a turn that logs much does not keep it all', () => {
    const writer = createLineWriter(fd)
    for (let line = 0; line < 1_000; line++) writer.write(`${'x'.repeat(99)}\n`)
    expect(written().length).toBeGreaterThan(60_000)
  })

  test('a flush writes at once', () => {
    const writer = createLineWriter(fd)
    writer.write('one\n')
    writer.flushSync()
    expect(written()).toBe('one\n')
  })
})

describe('of a process that logs', () => {
  test.each([
    ['ends', '', 0],
    ['calls process.exit in the same turn', 'process.exit(3)', 3],
    ['crashes', 'throw new Error("crash")', 1],
    ['is rejected nowhere handled', 'void Promise.reject(new Error("crash"))', 1],
    [
      'logs a fatal line and is killed',
      'logger.fatal("last"); process.kill(process.pid, "SIGKILL")',
      'SIGKILL',
    ],
  ])('its lines are there when it %s', async (_how, end, status) => {
    const child = start(`logger.info('first'); logger.info('second'); ${end}`)
    const output = read(child)
    expect(await ended(child)).toBe(status)
    expect(messages(await output).slice(0, 2)).toEqual(['first', 'second'])
  })

  test('what it logs while it exits is there too', async () => {
    const child = start(`process.on('exit', () => logger.info('last')); logger.info('first')`)
    const output = read(child)
    expect(await ended(child)).toBe(0)
    expect(messages(await output)).toEqual(['first', 'last'])
  })

  test('without a reader it works on, and ends when it is done', async () => {
    const child = start(`
      let left = Infinity
      process.stdin.on('end', () => { left = 100 }).resume()
      for (; left > 0; left--) {
        logger.info('another turn')
        await new Promise((resolve) => setImmediate(resolve))
      }
      process.exitCode = 7
    `)
    await once(child.stdout ?? child, 'data')
    child.stdout?.destroy()
    // Told behind the end of the reader: a hundred turns follow.
    child.stdin?.end()
    expect(await ended(child)).toBe(7)
  })

  test('a slow reader of a pipe that does not block gets every line', async () => {
    const child = start(`
      process.stdout.write('') // from here on its pipe does not block
      for (let line = 0; line < 20_000; line++) logger.info('line ' + line)
    `)
    // Read by nobody, more than its buffers hold is waiting to be written.
    const stdout = child.stdout
    stdout?.once('readable', () => undefined)
    await eventually(
      'the buffer to be full',
      () => (stdout?.readableLength ?? 0) >= (stdout?.readableHighWaterMark ?? 0),
    )
    const output = read(child)
    expect(await ended(child)).toBe(0)
    expect(messages(await output)).toEqual(
      Array.from({ length: 20_000 }, (_, line) => `line ${String(line)}`),
    )
  })
})

/** Runs `script` with a logger on the standard output of a process of its own. */
function start(script: string): ChildProcess {
  const logger = new URL('logger.ts', import.meta.url).href
  const source = `
    import { createLogger } from ${JSON.stringify(logger)}
    const logger = createLogger('test', 'info')
    ${script}
  `
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

async function read(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) text += String(chunk)
  return text
}

async function ended(child: ChildProcess): Promise<unknown> {
  const [code, signal] = (await once(child, 'exit')) as unknown[]
  return signal ?? code
}

function messages(output: string): unknown[] {
  return output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: unknown }).msg)
}
