/** 100,000 events in one streamed request: each has its own right result, and the producer does not grow with them. */
import { Readable } from 'node:stream'
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, readBatchLines, type BatchItemAnswer, type BatchLineAnswer } from '../support/batch.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'

const LINES = 100_000
const BROKEN_EVERY = 1_000
const HEAP_MIB = 96
const MAX_GROWTH_BYTES = 60 * 1_048_576
const LINES_A_CHUNK = 50

let stage: FaultStage

beforeAll(async () => {
  stage = await setFaultStage()
})

afterAll(() => stage.close())

const isBroken = (index: number) => index % BROKEN_EVERY === 7

function* batch(): Generator<Buffer> {
  for (let from = 0; from < LINES; from += LINES_A_CHUNK) {
    const lines = Array.from({ length: LINES_A_CHUNK }, (_, n) => line(from + n))
    yield Buffer.from(lines.join(''))
  }
}

function line(index: number): string {
  if (isBroken(index)) return `{"type":"order.placed","data":\n`
  const data = { orderId: `A${String(index)}`, total: 12.5, customer: 'somebody', note: 'x'.repeat(40) }
  return `${JSON.stringify({ type: 'order.placed', id: `order-${String(index)}`, data, targets: ['alpha'] })}\n`
}

test('100,000 lines are accepted in memory that does not grow with them, each with its own result', async () => {
  // A small heap, for what is garbage to be collected while somebody looks.
  const producer = await stage.producer({
    LOG_LEVEL: 'warn',
    NODE_OPTIONS: `--max-old-space-size=${String(HEAP_MIB)}`,
  })
  const url = `http://127.0.0.1:${String(producer.port)}`
  // What starting costs is not what the batch costs.
  await collect(readBatchLines(url, [line(0)]))
  const before = await residentBytes(url)

  let read = 0
  let peakBytes = before
  let last: BatchLineAnswer | undefined
  const wrong: BatchItemAnswer[] = []
  for await (const answer of readBatchLines(url, Readable.from(batch()))) {
    last = answer
    if ('summary' in answer) continue
    if (!isRight(answer, read)) wrong.push(answer)
    read++
    if (read % 10_000 === 0) peakBytes = Math.max(peakBytes, await residentBytes(url))
  }
  expect(wrong.slice(0, 3)).toEqual([])
  expect(read).toBe(LINES)
  const failed = LINES / BROKEN_EVERY
  expect(last).toEqual({ summary: { accepted: LINES - failed - 1, duplicates: 1, failed } })
  expect(await countEvents(stage.store)).toBe(LINES - failed)
  expect(peakBytes - before).toBeLessThan(MAX_GROWTH_BYTES)
}, 120_000)

function isRight(answer: BatchItemAnswer, index: number): boolean {
  if (answer.index !== index) return false
  if (answer.status === 202) return !isBroken(index) && answer.id === `order-${String(index)}`
  return isBroken(index) && answer.problem.code === 'malformed-json'
}

async function residentBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes\S* (\S+)$/m.exec(text)?.[1])
}
