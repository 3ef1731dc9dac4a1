/** A process for suspects: what its end says about the delivery, and what does not count. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Claim } from '@manifold/store'
import type { AttemptSpan } from '@manifold/tracing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createAlone, type Alone } from './process.ts'

let directory: string
let alone: Alone | undefined

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alone-'))
})
afterEach(() => alone?.close())
afterAll(() => rm(directory, { recursive: true }))

const never = new AbortController().signal
const ref = { eventId: 'evt_1', target: 'crm', generation: 1 }
const claim: Claim = {
  kind: 'claimed',
  event: { id: 'evt_1', type: 'a', source: 's', subject: undefined, time: '', data: { n: 1 } },
  acceptedAtMs: 0,
  fence: 1,
  attempts: 0,
  spent: 0,
  ageMs: 0,
  expiresInMs: undefined,
  trace: { traceId: '', flags: '00' },
}

let made = 0

/** A process whose program is `body`; each start adds a line to a file. */
async function aloneWith(body: string, timeoutMs = 1_000) {
  const file = join(directory, `program-${String(++made)}.mjs`)
  const starts = `${file}.starts`
  await writeFile(
    file,
    `import { appendFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(starts)}, 'x')
${body}`,
  )
  alone = createAlone({ name: 'crm', timeoutMs }, Date.now, file)
  return { alone, starts: async () => (await readFile(starts, 'utf8')).length }
}

const READY = `process.on('disconnect', () => process.exit()); process.send({ kind: 'ready' });`
const delivered = {
  kind: 'tried',
  outcome: { kind: 'delivered', reason: 'ok' },
  httpStatus: 200,
  signal: 'succeeded',
}
const ANSWER = `process.on('message', () => process.send({ kind: 'tried', tried: ${JSON.stringify(delivered)} }));`

test('what survives is what it came to, and its process is there for the next one', async () => {
  const { alone, starts } = await aloneWith(READY + ANSWER)
  expect(await alone.attempt(ref, claim, never)).toEqual(delivered)
  expect(await alone.attempt(ref, claim, never)).toEqual(delivered)
  expect(await starts()).toBe(1)
})

test('what ends two processes is poison: permanent, told how they ended, and no fault of the target', async () => {
  const { alone, starts } = await aloneWith(`${READY} process.on('message', () => process.exit(7))`)
  expect(await alone.attempt(ref, claim, never)).toMatchObject({
    outcome: { kind: 'permanent', reason: 'worker-crashed', deadReason: 'invalid' },
    httpStatus: null,
    signal: 'neutral',
    error: expect.stringContaining('exit code 7, then exit code 7') as string,
  })
  expect(await starts()).toBe(2)
})

test('a process that neither answers nor ends is ended, and counts as well', async () => {
  const { alone } = await aloneWith(`${READY} process.on('message', () => { for (;;); })`, 1)
  expect(await alone.attempt(ref, claim, never)).toMatchObject({
    outcome: { reason: 'worker-crashed' },
    error: expect.stringContaining('no word for') as string,
  })
})

test('one that cannot start says nothing about the delivery', async () => {
  const { alone } = await aloneWith('process.exit(1)')
  await expect(alone.attempt(ref, claim, never)).rejects.toThrow('did not start: exit code 1')
})

test('a worker that stops cuts it short, and blames nobody', async () => {
  const { alone } = await aloneWith(`${READY} process.on('message', () => undefined)`, 60_000)
  const stopping = new AbortController()
  const attempting = alone.attempt(ref, claim, stopping.signal)
  stopping.abort()
  expect(await attempting).toEqual({ kind: 'interrupted' })
})

test('there is one place: the next one waits until it is given back', async () => {
  const { alone } = await aloneWith(READY)
  const leave = alone.enter()
  expect(leave).toBeDefined()
  expect(alone.enter()).toBeUndefined()
  leave?.()
  expect(alone.enter()).toBeDefined()
})

describe('the calls of what is tried alone are recorded by the worker', () => {
  const CALL = { method: 'POST', url: 'https://crm.example', headers: { traceparent: 'of the call' } }
  const CALLED = `process.send({ kind: 'called', call: ${JSON.stringify(CALL)} });`

  function recorded() {
    const told: unknown[] = []
    const span: AttemptSpan = {
      spanId: '00f067aa0ba902b7',
      startCall: (call) => {
        told.push(call)
        return { end: (result) => told.push(result) }
      },
      end: () => undefined,
    }
    return { span, told }
  }

  test('as they begin and end, under the span that its process is told of', async () => {
    const { span, told } = recorded()
    const answered = { kind: 'answered', response: { status: 200 } }
    const { alone } = await aloneWith(`${READY}
process.on('message', ({ spanId }) => {
  ${CALLED}
  process.send({ kind: 'returned', result: ${JSON.stringify(answered)} });
  process.send({ kind: 'tried', tried: { ...${JSON.stringify(delivered)}, error: spanId } });
})`)
    expect(await alone.attempt(ref, claim, never, span)).toEqual({ ...delivered, error: span.spanId })
    expect(told).toEqual([CALL, answered])
    // And those of the next one are not this one's.
    await alone.attempt(ref, claim, never, recorded().span)
    expect(told).toHaveLength(2)
  })

  test('also where the process ends in the middle of one', async () => {
    const { span, told } = recorded()
    const { alone } = await aloneWith(
      `${READY} process.on('message', () => { process.send(${JSON.stringify({ kind: 'called', call: CALL })}, () => process.exit(7)) })`,
    )
    await alone.attempt(ref, claim, never, span)
    const crashed = { kind: 'failed', reason: 'worker-crashed' }
    expect(told).toEqual([CALL, crashed, CALL, crashed])
  })
})
