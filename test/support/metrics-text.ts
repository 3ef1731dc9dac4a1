/** What a process shows on /metrics, read as Prometheus reads it (text format 0.0.4). */

export type ShownMetric = {
  readonly name: string
  readonly type: string
  readonly help: string
  /** Of its samples, without those that every sample has; `undefined` when it has no sample yet. */
  readonly labels: readonly string[] | undefined
}

/** `part` is on everything a process shows; the others belong to the form of histograms. */
const NOT_ITS_OWN = new Set(['part', 'le', 'quantile'])

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"/g

export function readMetrics(text: string): ShownMetric[] {
  const help = new Map<string, string>()
  const types = new Map<string, string>()
  const labels = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (word === 'HELP') help.set(name, rest)
    else if (word === 'TYPE') types.set(name, rest)
    else if (line !== '') noteSample(line, types, labels)
  }
  return [...types].map(([name, type]) => {
    const own = labels.get(name)
    return { name, type, help: help.get(name) ?? '', labels: own === undefined ? undefined : [...own].sort() }
  })
}

function noteSample(
  line: string,
  types: ReadonlyMap<string, string>,
  labels: Map<string, Set<string>>,
): void {
  const [, sample = '', inside = ''] = SAMPLE.exec(line) ?? []
  const family = sample.replace(/_(?:bucket|sum|count)$/, '')
  const name = types.get(family) === 'histogram' || types.get(family) === 'summary' ? family : sample
  const own = labels.get(name) ?? new Set()
  for (const [, label = ''] of inside.matchAll(LABEL)) if (!NOT_ITS_OWN.has(label)) own.add(label)
  labels.set(name, own)
}
