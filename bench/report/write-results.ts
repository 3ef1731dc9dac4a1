/** Where results go: JSON with every round, Markdown, and plots, one file of each for a suite. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SuiteResult } from '../suites/suite.ts'
import type { Machine } from './machine.ts'
import { resultMarkdown } from './markdown.ts'

export type Report = {
  readonly name: string
  readonly title: string
  readonly quick: boolean
  readonly machine: Machine
  readonly startedAt: string
  readonly result: SuiteResult
}

/** Writes `<name>.json`, `<name>.md` and the plots. */
export function writeResults(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true })
  const { name, result, ...rest } = report
  const { plots = [], ...figures } = result
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ suite: name, ...rest, ...figures }, null, 2)}\n`,
  )
  writeFileSync(join(folder, `${name}.md`), `${resultMarkdown(result, '')}\n`)
  for (const plot of plots) writeFileSync(join(folder, plot.file), plot.svg)
}
