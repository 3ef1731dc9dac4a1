/** docs/metrics.md as data: each row of its tables is a metric. */
import { readFileSync } from 'node:fs'

export type DocumentedMetric = {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
  /** The parts that show it. */
  readonly parts: readonly string[]
  readonly help: string
}

const ROW = /^\| `([a-z_0-9]+)`\s*\| (\w+)\s*\| (.*?)\s*\| ([\w, ]+?)\s*\| (.*?)\s*\|$/

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

/** The gauges that are the same whichever process shows them. */
export function sharedGauges(): string[] {
  const line =
    page.split('\n').find((one) => one.startsWith('- **Gauges of what all processes share**')) ?? ''
  const names = /They are (.*?)\. /.exec(line)?.[1] ?? ''
  return [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
}

export function documentedMetrics(): DocumentedMetric[] {
  return page.split('\n').flatMap((line) => {
    const [, name, type = '', labels = '', parts = '', help = ''] = ROW.exec(line) ?? []
    if (name === undefined) return []
    return [
      {
        name,
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
        parts: parts.split(', '),
        help,
      },
    ]
  })
}
