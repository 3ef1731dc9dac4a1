import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Passes two failpoints in a process of its own, with one of them armed. */
function passFailpoints(armed: string) {
  const script = `
    import { createFailpoint } from ${JSON.stringify(new URL('failpoint.ts', import.meta.url).href)}
    process.on('exit', () => console.log('closed'))
    const failpoint = createFailpoint(process.argv[1])
    console.log('started')
    failpoint('claimed')
    console.log('between')
    failpoint('settled')
    console.log('ended')
  `
  const args = ['--input-type=module', '--eval', script, armed]
  const { signal, status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { signal, status, said: stdout.trim().split('\n') }
}

test('an armed failpoint kills the process where it stands, and nothing is closed', () => {
  expect(passFailpoints('claimed')).toEqual({ signal: 'SIGKILL', status: null, said: ['started'] })
})

test('a process passes the failpoints that are not armed', () => {
  expect(passFailpoints('settled')).toEqual({ signal: 'SIGKILL', status: null, said: ['started', 'between'] })
})

test('an armed failpoint that is never passed does nothing', () => {
  const passed = { signal: null, status: 0, said: ['started', 'between', 'ended', 'closed'] }
  expect(passFailpoints('elsewhere')).toEqual(passed)
})

test('without one armed, a process passes all of them', () => {
  expect(passFailpoints('')).toEqual({
    signal: null,
    status: 0,
    said: ['started', 'between', 'ended', 'closed'],
  })
})
