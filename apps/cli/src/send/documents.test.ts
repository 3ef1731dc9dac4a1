import fc from 'fast-check'
import { expect, test } from 'vitest'
import { documentsOf, type Document } from './documents.ts'
import { linesOf } from './lines.ts'
import { containing, like } from '../../../../test/support/matching.ts'

async function* chunks(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of parts) yield await Promise.resolve(typeof part === 'string' ? Buffer.from(part) : part)
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

function read(...parts: (string | Uint8Array)[]): Promise<Document[]> {
  return all(documentsOf(chunks(...parts), 1_000))
}

const doc = (line: number, value: unknown) => ({ kind: 'document', line, value })
const broken = (line: number, code: string) => like({ kind: 'broken', line, code })

test('lines are numbered as an editor numbers them, empty ones and line ends of Windows included', async () => {
  expect(await read('{"a":1}\r\n\n  \n{"a":2}')).toEqual([doc(1, { a: 1 }), doc(4, { a: 2 })])
})

test('a broken line is told, and the others are read', async () => {
  expect(
    await read('{"a":1}\n{"a":\n', new Uint8Array([0xff, 0x0a]), '12345678901234567890\n{"a":2}\n'),
  ).toEqual([
    doc(1, { a: 1 }),
    broken(2, 'malformed-json'),
    broken(3, 'invalid-utf8'),
    broken(4, 'inexact-number'),
    doc(5, { a: 2 }),
  ])
})

test('also when it is the first, however it ends', async () => {
  for (const first of ['{"a":', '{"a":1', 'x', '{']) {
    expect(await read(`${first}\n{"a":2}\n{"a":3}\n`)).toEqual([
      broken(1, 'malformed-json'),
      doc(2, { a: 2 }),
      doc(3, { a: 3 }),
    ])
  }
})

test('a first line that does not end holds nothing up: what is too long to be one document is lines', async () => {
  const many = Array.from({ length: 200 }, (_, n) => JSON.stringify({ n }))
  const found = await read(`{\n${many.join('\n')}\n`)
  expect(found).toHaveLength(201)
  expect(found.slice(0, 2)).toEqual([broken(1, 'malformed-json'), doc(2, { n: 0 })])
})

test('an array is its items, a document over several lines is one', async () => {
  expect(await read('[{"a":1},\n', '{"a":2}]\n')).toEqual([doc(1, { a: 1 }), doc(2, { a: 2 })])
  expect(await read('{\n  "a": [\n    1\n  ]\n}\n')).toEqual([doc(1, { a: [1] })])
  expect(await read('\n\n[]')).toEqual([])
  expect(await read('')).toEqual([])
})

test('arrays of one line each are lines, where there are several; one alone is its items', async () => {
  expect(await read('[1,2]\n[3,4]\n\n[]\n')).toEqual([doc(1, [1, 2]), doc(2, [3, 4]), doc(4, [])])
  expect(await read('[1,2]\nx\n')).toEqual([doc(1, [1, 2]), broken(2, 'malformed-json')])
  expect(await read('\n[1,2]\n\n')).toEqual([doc(1, 1), doc(2, 2)])
})

test.each(['[header]', '[orders] of [today]', '[{"a":1}]]', '["a', '[a,'])(
  'a first line "%s" begins no array: it is a broken line, and the rest is read',
  async (first) => {
    expect(await read(`${first}\n{"a":2}\n{"a":3}\n`)).toEqual([
      broken(1, 'malformed-json'),
      doc(2, { a: 2 }),
      doc(3, { a: 3 }),
    ])
  },
)

test.each([
  ['[', '1]'],
  ['[{', '"a":1}]'],
  ['[ {"ä":', '1}]'],
  ['[{"a":1},', '2]'],
  ['["]", [', ']]'],
  ['[1', ']'],
])('an array may be cut into lines behind "%s"', async (first, rest) => {
  const items = JSON.parse(first + rest) as unknown[]
  expect(await read(`${first}\n${rest}\n`)).toEqual(items.map((item, index) => doc(index + 1, item)))
})

test('an array that is broken, or too long to be read as a whole, is one fault with its fix', async () => {
  expect(await read('[{"a":1},\n{"a":2},\n')).toEqual([broken(1, 'malformed-json')])
  const long = JSON.stringify(
    Array.from({ length: 100 }, (_, n) => ({ number: n })),
    undefined,
    1,
  )
  expect(await read(long)).toEqual([like({ code: 'body-too-large', detail: containing('jq') })])
})

test('a line longer than may be is told by its number, and not kept', async () => {
  const lines = await all(linesOf(chunks('aaaa', 'aaaa\nbb\n', 'cccccc'), 5))
  expect(lines.map(({ kind, number }) => [kind, number])).toEqual([
    ['too-long', 1],
    ['line', 2],
    ['too-long', 3],
  ])
})

test('however the bytes are cut into chunks, the documents are the same', async () => {
  const text = Buffer.from('{"a":"ä€𝄞"}\n\n{"a":[1,2]}\nnope\n{"a":{}}')
  const whole = await read(text)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length)), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const parts = places.slice(1).map((place, index) => text.subarray(places[index], place))
      expect(await read(...parts)).toEqual(whole)
    }),
  )
})
