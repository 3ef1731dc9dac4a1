/** What people see: columns, progress, and text that does no harm. */
import { describe, expect, test } from 'vitest'
import { cell, columns, pairs } from './columns.ts'
import { plainLines, plainText } from './plain-text.ts'
import { bar, openProgressLine } from './progress-line.ts'
import { word } from './tints.ts'

describe('columns', () => {
  const rows = [
    ['evt_1', word('delivered'), 'a'],
    ['evt_22', word('dead'), 'bbbbbbbbbb'],
  ]

  test('stand under one another, without blanks at the end', () => {
    expect(columns(['ID', 'STATUS', 'TYPE'], rows, { colour: false })).toBe(
      'ID      STATUS     TYPE\nevt_1   delivered  a\nevt_22  dead       bbbbbbbbbb\n',
    )
  })

  test('are cut at the edge of the terminal, but for what a row is about', () => {
    const lines = columns(['ID', 'STATUS', 'TYPE'], rows, { colour: false, width: 24 }).split('\n')
    expect(lines[2]).toBe('evt_22  dead       bbbb…')
    expect(columns(['ID', 'X'], [['a-very-long-id', 'x']], { colour: false, width: 5 })).toContain(
      'a-very-long-id',
    )
  })

  test('have the width that they show, whatever the colour', () => {
    const plain = columns(['ID', 'STATUS'], rows, { colour: false })
    const colourful = columns(['ID', 'STATUS'], rows, { colour: true })
    // eslint-disable-next-line no-control-regex
    expect(colourful.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
    expect(colourful).not.toBe(plain)
  })

  test('show what others wrote on one line', () => {
    expect(columns(['A'], [['x\ny\u001b[2J']], { colour: true })).toContain(String.raw`x\u000ay\u001b[2J`)
    expect(pairs([['a', 'x\r']], false)).toBe('a  x\\u000d\n')
    expect(cell('\u202eabc', 0, false)).toBe('\\u202eabc')
  })
})

test('text over several lines keeps its lines, and nothing else that steers a terminal', () => {
  expect(plainLines('{\n\t"a": "\u001b]0;x\u0007"\n}')).toBe('{\n\t"a": "\\u001b]0;x\\u0007"\n}')
  expect(plainText('ä 漢 🙂')).toBe('ä 漢 🙂')
})

describe('a progress line', () => {
  const screen = (isTTY: boolean) => {
    let text = ''
    return { isTTY, columns: 20, write: (more: string) => (text += more), text: () => text }
  }

  test('is not there without a terminal; notes are', () => {
    const { text, ...rest } = screen(false)
    const progress = openProgressLine({ ...rest })
    progress.show('half')
    progress.note('line 7 is broken')
    progress.clear()
    expect(text()).toBe('line 7 is broken\n')
  })

  test('stands below the notes, is cut to the screen, and is not shown more often than eyes can follow', () => {
    const { text, ...rest } = screen(true)
    let nowMs = 0
    const progress = openProgressLine({ ...rest }, () => nowMs)
    progress.show('a'.repeat(30))
    progress.show('never seen')
    progress.note('note')
    nowMs += 1_000
    progress.show('b')
    progress.clear()
    const clear = '\r\u001b[2K'
    const long = 'a'.repeat(19)
    expect(text()).toBe(`${clear}${long}${clear}note\n${clear}${long}${clear}b${clear}`)
  })

  test('has a bar that is full at the end and not before', () => {
    expect(bar(0)).toMatch(/^\[ {24}\] {3}0 %$/)
    expect(bar(0.999)).toMatch(/ 99 %$/)
    expect(bar(1)).toMatch(/^\[={24}\] 100 %$/)
  })
})
