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

export function documentedMetrics(): DocumentedMetric[] {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
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
