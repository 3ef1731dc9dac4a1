import { expect, test } from 'vitest'
import { judge } from '../measure/verdict.ts'
import { resultMarkdown, tableMarkdown } from './markdown.ts'

test('a table is a pipe table', () => {
  expect(tableMarkdown({ columns: ['', 'rate'], rows: [['Manifold', '1,000']] })).toBe(
    '|  | rate |\n| --- | --- |\n| Manifold | 1,000 |',
  )
})

test('a result shows its tables, what was wanted and what came of it, its settings and its limits', () => {
  const markdown = resultMarkdown(
    {
      settings: { rounds: 3, dataBytes: 300 },
      tables: [{ title: 'Rates', columns: ['rate'], rows: [['1,000']] }],
      verdicts: [
        judge('rate', '×', { kind: 'at-least', value: 1.3 }, 1.41),
        judge('p99', 'ms', { kind: 'below', value: 25 }, 31.2),
        judge('memory', 'bytes', { kind: 'at-most', value: 600 }, 600),
      ],
      notMeasured: ['A network.'],
      rounds: [],
      plots: [{ file: 'rates.svg', title: 'Rates', svg: '<svg/>' }],
    },
    'benchmarks/',
  )
  for (const line of [
    'Rates:',
    '| rate | ≥ 1.3 × | 1.41 × | reached |',
    '| p99 | < 25 ms | 31.2 ms | **missed** |',
    '| memory | ≤ 600 bytes | 600 bytes | reached |',
    '![Rates](benchmarks/rates.svg)',
    'Settings: rounds 3, dataBytes 300.',
    '- A network.',
  ])
    expect(markdown.split('\n')).toContain(line)
})
