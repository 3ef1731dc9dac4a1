/** Pasting: results go between two marks of a document, so that its numbers are the bench's and not a person's. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resultMarkdown } from './markdown.ts'
import type { Report } from './write-results.ts'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))

/** Puts a suite's tables into docs/benchmarks.md, and its plots beside it. */
export function pasteIntoDocs({ name, machine, startedAt, result }: Report): void {
  const page = join(DOCS, 'benchmarks.md')
  const { plots = [] } = result
  const details = Object.entries(machine).map(([what, value]) => `${what} ${value}`)
  const origin = `_Measured on ${startedAt.slice(0, 10)}: ${details.join('; ')}._`
  const markdown = `${resultMarkdown(result, 'benchmarks/')}\n\n${origin}`
  writeFileSync(page, paste(readFileSync(page, 'utf8'), name, markdown))
  if (plots.length > 0) mkdirSync(join(DOCS, 'benchmarks'), { recursive: true })
  for (const plot of plots) writeFileSync(join(DOCS, 'benchmarks', plot.file), plot.svg)
}

/** Replaces what stands between `<!-- bench:name -->` and `<!-- /bench:name -->`. @throws when the marks are not there */
export function paste(document: string, name: string, markdown: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`no place for ${name}: ${begin} … ${end}`)
  return `${document.slice(0, from + begin.length)}\n\n${markdown}\n\n${document.slice(to)}`
}
