/** Where results go: JSON with every finding, and a Markdown table of fault, promise, and what was seen. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../../bench/report/machine.ts'
import { tableMarkdown } from '../../bench/report/markdown.ts'
import type { Result } from '../run-scenario.ts'

export type Report = {
  readonly quick: boolean
  readonly seed: number
  readonly startedAt: string
  readonly machine: Machine
  readonly results: readonly Result[]
}

/** The table of a run. */
export function resultsMarkdown(results: readonly Result[]): string {
  return tableMarkdown({
    columns: ['fault', 'promised', 'seen', 'findings'],
    rows: results.map(({ title, promise, seen, findings, notRun }) => [
      title,
      promise,
      seen,
      notRun === undefined ? countOf(findings) : '–',
    ]),
  })
}

function countOf(findings: Result['findings']): string {
  return findings.length === 0 ? '0' : `**${String(findings.length)}**`
}

/** Writes `faults.json` and `faults.md`. */
export function writeResults(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'faults.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(folder, 'faults.md'), `${resultsMarkdown(report.results)}\n`)
}
