import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { Strike } from './failpoint.ts'

/** Passes some points, and one of a script, in a process of its own. */
function programOf(strike: Strike | undefined): string[] {
  const script = `
    import { armFailpoint, failpoint } from ${JSON.stringify(new URL('failpoint.ts', import.meta.url).href)}
    let script = () => undefined
    process.on('exit', () => console.log('closed'))
    process.once('SIGTERM', () => console.log('asked to end'))
    armFailpoint(${JSON.stringify(strike)}, { names: () => ['settle'], watch: (told) => { script = told } })
    console.log('started')
    failpoint('claimed')
    console.log('between')
    failpoint('settled')
    script('before:settle')
    console.log('going on')
    failpoint('settled')
    script('after:settle')
    // The signal of a process to itself is heard a moment later.
    setTimeout(() => console.log('ended'), 50)
  `
  return ['--input-type=module', '--eval', script]
}

function pass(point: string, signal: Strike['signal'], passing = 1) {
  const run = spawnSync(process.execPath, programOf({ point, signal, passing }), { encoding: 'utf8' })
  return { signal: run.signal, status: run.status, said: run.stdout.trim().split('\n'), told: run.stderr }
}

const ALL = ['started', 'between', 'going on', 'ended', 'closed']

test('an armed failpoint kills the process where it stands, and nothing is closed', () => {
  expect(pass('claimed', 'SIGKILL')).toMatchObject({ signal: 'SIGKILL', status: null, said: ['started'] })
})

test('a process passes the failpoints that are not armed', () => {
  expect(pass('settled', 'SIGKILL')).toMatchObject({ signal: 'SIGKILL', said: ['started', 'between'] })
})

test('it strikes at the passing that was asked for, and not before', () => {
  expect(pass('settled', 'SIGKILL', 2)).toMatchObject({ said: ['started', 'between', 'going on'] })
})

test('a point that is not passed that often does nothing', () => {
  expect(pass('settled', 'SIGKILL', 3)).toMatchObject({ signal: null, status: 0, said: ALL, told: '' })
})

test('the calls of scripts are points, too', () => {
  expect(pass('before:settle', 'SIGKILL')).toMatchObject({ said: ['started', 'between'] })
  expect(pass('after:settle', 'SIGKILL')).toMatchObject({ said: ['started', 'between', 'going on'] })
})

test('it says when it strikes, before it does', () => {
  const beforeMs = Date.now()
  const struck = JSON.parse(pass('claimed', 'SIGKILL').told) as Readonly<Record<string, unknown>>
  expect(struck).toMatchObject({ failpoint: 'claimed', signal: 'SIGKILL' })
  expect(struck['atMs']).toBeGreaterThanOrEqual(beforeMs)
  expect(struck['atMs']).toBeLessThanOrEqual(Date.now())
})

test('a process that is asked to end at a point goes on behind it, and is asked once', () => {
  const said = ['started', 'between', 'going on', 'asked to end', 'ended', 'closed']
  expect(pass('claimed', 'SIGTERM')).toMatchObject({ signal: null, status: 0, said })
})

test('a process that is stopped at a point stands still', () => {
  const program = programOf({ point: 'claimed', signal: 'SIGSTOP', passing: 1 })
  const run = spawnSync(process.execPath, program, { encoding: 'utf8', timeout: 500, killSignal: 'SIGKILL' })
  expect(run).toMatchObject({ signal: 'SIGKILL', stdout: 'started\n' })
})

test('a process that was stopped goes on where it stood when it may', async () => {
  const child = spawn(process.execPath, programOf({ point: 'claimed', signal: 'SIGSTOP', passing: 1 }))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = once(child, 'close')
  await once(child.stderr, 'data')
  // It says so before it stands still: a first call may come too early.
  const waking = setInterval(() => child.kill('SIGCONT'), 20)
  await ended
  clearInterval(waking)
  expect(said.trim().split('\n')).toEqual(ALL)
})

test('without one armed, a process passes all of them', () => {
  const { stdout, status } = spawnSync(process.execPath, programOf(undefined), { encoding: 'utf8' })
  expect({ status, said: stdout.trim().split('\n') }).toEqual({ status: 0, said: ALL })
})

test('a point that does not exist is refused with the list of those that do', () => {
  const { status, told } = pass('elsewhere', 'SIGKILL')
  expect(status).toBe(1)
  expect(told).toContain('MANIFOLD_FAILPOINT: there is no point "elsewhere"; there are: ')
  expect(told).toContain('before:settle, after:settle')
})
