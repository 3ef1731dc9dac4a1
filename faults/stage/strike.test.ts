import { expect, test } from 'vitest'
import { disturbancesOf, noteDisturbances } from './disturbances.ts'
import type { Part } from './part.ts'
import { awaitStrike } from './strike.ts'

const AT_MS = 1_760_000_000_000

/** A part that has written this, and has ended if `ended` says how. */
function partThatSaid(line: string, ended?: number | string) {
  const did: string[] = []
  const disturbances = noteDisturbances()
  const part: Part = {
    name: 'worker 1',
    disturbed: disturbancesOf(disturbances, { name: 'worker 1', kind: 'worker', drainMs: Infinity }),
    pid: 1,
    port: 0,
    origin: '',
    alive: () => ended === undefined,
    kill: () => Promise.resolve(),
    freeze: () => () => undefined,
    goOn: () => did.push('goes on'),
    liveBytes: () => Promise.resolve(0),
    reload: () => Promise.resolve(true),
    stop: () => Promise.resolve(0),
    ended: ended === undefined ? new Promise(() => undefined) : Promise.resolve(ended),
    output: () => `{"level":"info","msg":"delivered"}\n${line}`,
  }
  const leaveOut = () => {
    did.push('is left out')
    return () => did.push('is taken in')
  }
  return { struck: awaitStrike({ part, leaveOut, limitMs: 0 }), disturbances, did }
}

const lineOf = (signal: string) => `${JSON.stringify({ failpoint: 'sent', signal, atMs: AT_MS })}\n`

test('a kill is a moment: that at which the process said so', async () => {
  const { struck, disturbances } = partThatSaid(lineOf('SIGKILL'), 'SIGKILL')
  expect(await struck).toMatchObject({ atMs: AT_MS })
  expect(disturbances.windows()).toEqual([
    {
      what: 'SIGKILL of worker 1 at sent',
      part: 'worker 1',
      excuses: 'duplicates',
      fromMs: AT_MS,
      untilMs: AT_MS,
    },
  ])
})

test('what stands still does so from the strike until it goes on, and is asked nothing meanwhile', async () => {
  const { struck, disturbances, did } = partThatSaid(lineOf('SIGSTOP'))
  const { goOn } = (await struck) ?? {}
  expect(disturbances.windows()).toMatchObject([{ fromMs: AT_MS, excuses: 'pause' }])
  expect(did).toEqual(['is left out'])
  goOn?.()
  expect(did).toEqual(['is left out', 'goes on', 'is taken in'])
})

test('what is asked to end is disturbed from the strike until it has ended', async () => {
  const { struck, disturbances } = partThatSaid(lineOf('SIGTERM'), 0)
  await struck
  expect(disturbances.windows()).toMatchObject([{ what: 'SIGTERM of worker 1 at sent', fromMs: AT_MS }])
})

test.each([
  ['that was not struck in time', undefined],
  ['that ended otherwise', 1],
])('a part %s excuses nothing', async (_what, ended) => {
  const { struck, disturbances } = partThatSaid('', ended)
  expect(await struck).toBeUndefined()
  expect(disturbances.windows()).toEqual([])
})
