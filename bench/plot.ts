/**
 * Plots: small SVG files that a reader of the documents sees as they are, on a light page and on a dark one.
 *
 * Owns the drawing. The axes start at 0, and a bar shows the span of its rounds.
 */

export type BarChart = {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly bars: readonly {
    readonly label: string
    readonly values: readonly number[]
    readonly value: number
  }[]
}

export type LineChart = {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly x: readonly number[]
  readonly lines: readonly { readonly name: string; readonly y: readonly number[] }[]
}

const WIDTH = 640
const HEIGHT = 360
const LEFT = 76
const RIGHT = WIDTH - 90
const TOP = 48
const BOTTOM = HEIGHT - 58

/** Colours that are told apart on white and on black, also by those who see red and green alike. */
const COLOURS = ['#3b82c4', '#d97a2b', '#2a9d78']

const STYLE = [
  'text { font: 13px system-ui, sans-serif; fill: #333 }',
  '.title { font-size: 15px; font-weight: 600 }',
  '.grid { stroke: #8884; stroke-width: 1 }',
  '.axis { stroke: #888; stroke-width: 1 }',
  '.span { stroke: #555; stroke-width: 1.5 }',
  '@media (prefers-color-scheme: dark) { text { fill: #ddd } .span { stroke: #ccc } }',
].join(' ')

/** A bar for each value, with the span of its rounds. */
export function barChart(chart: BarChart): string {
  const scale = scaleTo(Math.max(...chart.bars.flatMap((bar) => [bar.value, ...bar.values])))
  const room = (RIGHT - LEFT) / chart.bars.length
  const bars = chart.bars.flatMap(({ label, value, values }, index) => {
    const middle = LEFT + room * (index + 0.5)
    const half = room * 0.3
    const [low, high] = [scale.y(Math.min(value, ...values)), scale.y(Math.max(value, ...values))]
    return [
      `<rect x="${at(middle - half)}" y="${at(scale.y(value))}" width="${at(half * 2)}" height="${at(BOTTOM - scale.y(value))}" fill="${COLOURS[0] ?? ''}"/>`,
      `<line class="span" x1="${at(middle)}" x2="${at(middle)}" y1="${at(low)}" y2="${at(high)}"/>`,
      text(middle, high - 7, short(value), 'middle'),
      text(middle, BOTTOM + 18, label, 'middle'),
    ]
  })
  return svg(chart, scale.ticks, scale.y, bars)
}

/** A line for each name over the same x. */
export function lineChart(chart: LineChart): string {
  const scale = scaleTo(Math.max(...chart.lines.flatMap((line) => line.y)))
  const across = scaleTo(Math.max(...chart.x))
  const x = (value: number) => LEFT + ((RIGHT - LEFT) * value) / across.top
  const lines = chart.lines.flatMap(({ name, y }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? ''
    const points = y.map((value, point) => `${at(x(chart.x[point] ?? 0))},${at(scale.y(value))}`)
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>`,
      text(x(chart.x.at(-1) ?? 0) + 6, scale.y(y.at(-1) ?? 0) + 4, name, 'start'),
    ]
  })
  const ticks = across.ticks.map((tick) => text(x(tick), BOTTOM + 18, short(tick), 'middle'))
  return svg(chart, scale.ticks, scale.y, [...lines, ...ticks])
}

/** Round numbers from 0 to a little above `highest`, four to six of them, and where they are. */
export function scaleTo(highest: number) {
  const rough = Math.max(highest, 1e-9) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const count = Math.ceil(Math.max(highest, 1e-9) / step)
  const top = step * count
  return {
    top,
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
    y: (value: number) => BOTTOM - ((BOTTOM - TOP) * value) / top,
  }
}

function svg(
  { title, xLabel, yLabel }: Pick<BarChart, 'title' | 'xLabel' | 'yLabel'>,
  ticks: readonly number[],
  y: (value: number) => number,
  body: readonly string[],
): string {
  const grid = ticks.flatMap((tick) => [
    `<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${at(LEFT)}" x2="${at(RIGHT)}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>`,
    text(LEFT - 8, y(tick) + 4, short(tick), 'end'),
  ])
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(WIDTH)} ${at(HEIGHT)}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="${at(LEFT)}" y="24">${escaped(title)}</text>`,
    ...grid,
    ...body,
    text((LEFT + RIGHT) / 2, HEIGHT - 14, xLabel, 'middle'),
    `<text text-anchor="middle" transform="translate(18 ${at((TOP + BOTTOM) / 2)}) rotate(-90)">${escaped(yLabel)}</text>`,
    '</svg>',
    '',
  ].join('\n')
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(words)}</text>`
}

function at(position: number): string {
  return String(Math.round(position * 10) / 10)
}

/** `12,500` as `12.5k`. */
function short(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).replace('K', 'k')
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
