import { expect, test } from 'vitest'
import { barChart, lineChart, scaleTo } from './plot.ts'

test.each([
  [7, [0, 2, 4, 6, 8]],
  [100, [0, 25, 50, 75, 100]],
  [3_120, [0, 1_000, 2_000, 3_000, 4_000]],
  [0.9, [0, 0.25, 0.5, 0.75, 1]],
])('an axis up to %d has round ticks', (highest, ticks) => {
  expect(scaleTo(highest).ticks).toEqual(ticks)
})

test('an axis starts at 0 at the bottom, and nothing is above its top', () => {
  const { y, top } = scaleTo(3_120)
  expect(y(0)).toBeGreaterThan(y(3_120))
  expect(y(3_120)).toBeGreaterThan(y(top))
  expect(scaleTo(0).ticks.length).toBeGreaterThan(1)
})

test('a bar chart shows every value, its span and its label, in both colour schemes', () => {
  const svg = barChart({
    title: 'Deliveries by targets & "more"',
    xLabel: 'targets',
    yLabel: 'deliveries/s',
    bars: [
      { label: '1', value: 3_000, values: [2_900, 3_000, 3_300] },
      { label: '<30>', value: 1_250, values: [] },
    ],
  })
  expect(svg.match(/<rect /g)).toHaveLength(2)
  expect(svg.match(/class="span"/g)).toHaveLength(2)
  for (const words of [
    '3k',
    '1.25k',
    '&lt;30>',
    'deliveries/s',
    'prefers-color-scheme: dark',
    '&amp; &quot;more',
  ])
    expect(svg).toContain(words)
  expect(svg).not.toContain('NaN')
})

test('a line chart draws each line with its name', () => {
  const svg = lineChart({
    title: 'Memory',
    xLabel: 'requests',
    yLabel: 'MiB',
    x: [0, 100_000, 200_000],
    lines: [
      { name: 'producer', y: [50, 90, 92] },
      { name: 'worker', y: [60, 80, 81] },
    ],
  })
  expect(svg.match(/<polyline /g)).toHaveLength(2)
  expect(svg).toContain('>worker</text>')
  expect(svg).toContain('>200k</text>')
  expect(svg).not.toContain('NaN')
})
