/** The format of Server-Sent Events, as the WHATWG specification has it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEventSourceReader, type Frame } from './event-source-reader.ts'

function read(...pieces: string[]): Frame[] {
  const reader = createEventSourceReader()
  return pieces.flatMap((piece) => reader.read(piece))
}

const frame = (data: string, event = 'message', lastEventId = ''): Frame => ({ event, data, lastEventId })

test.each<{ rule: string; text: string; frames: Frame[] }>([
  { rule: 'a frame ends at an empty line', text: 'data: a\n\ndata: b\n\n', frames: [frame('a'), frame('b')] },
  { rule: 'a frame without its empty line is not one yet', text: 'data: a\n', frames: [] },
  { rule: 'lines of data are joined', text: 'data: a\ndata:\ndata: b\n\n', frames: [frame('a\n\nb')] },
  { rule: 'one space behind the colon is dropped, no more', text: 'data:  a \n\n', frames: [frame(' a ')] },
  {
    rule: 'CR, LF and CRLF end a line',
    text: 'data: a\r\r\ndata: b\r\n\r\n',
    frames: [frame('a'), frame('b')],
  },
  { rule: 'a comment is nothing', text: ': ping\n\ndata: a\n: x\n\n', frames: [frame('a')] },
  {
    rule: 'the name holds for one frame',
    text: 'event: x\ndata: a\n\ndata: b\n\n',
    frames: [frame('a', 'x'), frame('b')],
  },
  { rule: 'a name without data is no frame', text: 'event: x\n\ndata: b\n\n', frames: [frame('b')] },
  {
    rule: 'the id holds until the next',
    text: 'id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n',
    frames: [frame('a', 'message', '1'), frame('b', 'message', '1'), frame('c')],
  },
  { rule: 'an id with NUL is ignored', text: 'id: a\0\ndata: a\n\n', frames: [frame('a')] },
  { rule: 'a field without a colon is empty', text: 'data\n\n', frames: [frame('')] },
  { rule: 'an unknown field is ignored', text: 'foo: 1\ndata: a\n\n', frames: [frame('a')] },
  { rule: 'a byte order mark at the start is dropped', text: '\uFEFFdata: a\n\n', frames: [frame('a')] },
  { rule: 'and only there', text: 'data: a\n\n\uFEFFdata: b\n\n', frames: [frame('a')] },
])('$rule', ({ text, frames }) => {
  expect(read(text)).toEqual(frames)
})

test('retry is taken when it is a number', () => {
  const reader = createEventSourceReader()
  reader.read('retry: 2500\n\nretry: soon\n\n')
  expect(reader.retryMs()).toBe(2_500)
})

test('an id of an earlier connection holds on', () => {
  expect(createEventSourceReader('7-0.1').read('data: a\n\n')).toEqual([frame('a', 'message', '7-0.1')])
})

test('wherever the text is cut, the frames are the same', () => {
  const part = fc.constantFrom(
    'data: a',
    'data',
    'id: 7',
    'event: e',
    ': c',
    '\n',
    '\r',
    '\r\n',
    '\uFEFF',
    'ü',
  )
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat(200)), (parts, cuts) => {
      const text = parts.join('')
      const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end))
      expect(read(...pieces)).toEqual(read(text))
    }),
  )
})
