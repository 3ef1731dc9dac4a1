/** A batch as a stream: its caller may take its time, vanish, stop reading, or lose Redis in the middle. */
import { connect, type Socket } from 'node:net'
import { constants, gzipSync } from 'node:zlib'
import { countEvents } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collect, readBatchLines, type BatchLineAnswer } from '../support/batch.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeEach(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})

afterEach(() => system.close())

const line = (id: string) => `${JSON.stringify({ type: 'order.placed', id, data: { id } })}\n`
const failures = () => system.logs().filter((one) => Number(one['level']) >= 50 || one['err'] !== undefined)

/** A source of lines that gives one whenever the test says so. */
function tap() {
  const waiting: string[] = []
  let closed = false
  let wake: () => void = () => undefined
  async function* source(): AsyncGenerator<string> {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (closed) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    source: source(),
    give: (text: string) => {
      waiting.push(text)
      wake()
    },
    close: () => {
      closed = true
      wake()
    },
  }
}

async function next(answers: AsyncGenerator<BatchLineAnswer>): Promise<BatchLineAnswer> {
  const result = await answers.next()
  if (result.done === true) throw new Error('the answer has ended')
  return result.value
}

/** A caller that is a bare socket, in the middle of a chunked body. */
function openBatch(encoding = 'identity'): Socket {
  const { port } = new URL(system.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /v1/events/batch HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-ndjson\r\ncontent-encoding: ${encoding}\r\ntransfer-encoding: chunked\r\n\r\n`,
  )
  return socket
}

const chunk = (bytes: Uint8Array | string) =>
  Buffer.concat([`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'].map((part) => Buffer.from(part)))

test('each line is answered as soon as it is accepted, not when the body ends', async () => {
  const { source, give, close } = tap()
  const answers = readBatchLines(system.url, source)
  for (const id of ['a', 'b', 'c']) {
    give(line(id))
    expect(await next(answers)).toMatchObject({ status: 202, id })
  }
  close()
  expect(await next(answers)).toEqual({ summary: { accepted: 3, duplicates: 0, failed: 0 } })
})

test('Redis that goes away in the middle fails the lines it was away for, and only those', async () => {
  const { source, give, close } = tap()
  const answers = readBatchLines(system.url, source)
  give(line('before'))
  expect(await next(answers)).toMatchObject({ status: 202, id: 'before' })

  await system.redis.kill()
  give(line('during') + line('during-too'))
  for (const index of [1, 2]) {
    expect(await next(answers)).toMatchObject({
      index,
      status: 503,
      problem: { code: 'store-unavailable', status: 503 },
    })
  }

  await system.redis.start()
  await eventually('intake to be back', async () => (await system.api.call('GET', '/readyz')).status === 200)
  give(line('after'))
  expect(await next(answers)).toMatchObject({ index: 3, status: 202, id: 'after' })
  close()
  expect(await next(answers)).toEqual({ summary: { accepted: 2, duplicates: 0, failed: 2 } })
  expect((await system.api.event('before')).id).toBe('before')
})

test.each(['vanishes', 'ends its half of the connection', 'ends its half, behind its last line,'])(
  'a caller that %s in the middle leaves no error: what was accepted is delivered, the rest is not read',
  async (how) => {
    const socket = openBatch()
    socket.write(chunk(line('a') + line('b')))
    await eventually('two events', async () => (await countEvents(system.store)) === 2)
    if (how.includes('behind')) socket.write('0\r\n\r\n')
    else socket.write(chunk('{"type":"order.placed","id":"c"'))
    if (how === 'vanishes') socket.destroy()
    else socket.end()
    await eventually('the request to be over', () =>
      system.logs().some((one) => one['path'] === '/v1/events/batch'),
    )
    await eventually('delivery', async () => (await system.api.event('b')).status === 'delivered')
    expect(await countEvents(system.store)).toBe(2)
    expect(failures()).toEqual([])
  },
)

test('a caller of packed lines that vanishes in the middle leaves no error', async () => {
  const socket = openBatch('gzip')
  socket.write(chunk(gzipSync(line('a'), { finishFlush: constants.Z_SYNC_FLUSH })))
  await eventually('an event', async () => (await countEvents(system.store)) === 1)
  socket.destroy()
  await eventually('the request to be over', () =>
    system.logs().some((one) => one['path'] === '/v1/events/batch'),
  )
  await eventually('delivery', async () => (await system.api.event('a')).status === 'delivered')
  expect(failures()).toEqual([])
})

test('many batches at once keep their results apart', async () => {
  const batches = await Promise.all(
    Array.from({ length: 20 }, async (_, batch) => {
      const ids = Array.from({ length: 200 }, (__, n) => `b${String(batch)}-${String(n)}`)
      const answer = await collect(readBatchLines(system.url, [ids.map(line).join('')]))
      return { ids, answered: answer.map((one) => ('id' in one ? one.id : undefined)) }
    }),
  )
  for (const { ids, answered } of batches) expect(answered).toEqual([...ids, undefined])
})
