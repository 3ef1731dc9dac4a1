/** A suite's result as Markdown: what docs/benchmarks.md holds, and what the terminal shows. */
import { figure } from '../measure/summary.ts'
import type { Bound, Verdict } from '../measure/verdict.ts'
import type { SuiteResult, Table } from '../suites/suite.ts'

/** Tables, verdicts, and what the suite does not measure. @param plotFolder where the plots are, seen from the page */
export function resultMarkdown(result: SuiteResult, plotFolder: string): string {
  const settings = Object.entries(result.settings).map(([name, value]) => `${name} ${String(value)}`)
  return [
    ...result.tables.map((table) => `${table.title}:\n\n${tableMarkdown(table)}`),
    ...(result.verdicts.length === 0 ? [] : [verdictsMarkdown(result.verdicts)]),
    ...(result.plots ?? []).map((plot) => `![${plot.title}](${plotFolder}${plot.file})`),
    `Settings: ${settings.join(', ')}.`,
    `Not measured:\n\n${result.notMeasured.map((line) => `- ${line}`).join('\n')}`,
  ].join('\n\n')
}

/** A pipe table. */
export function tableMarkdown({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

function verdictsMarkdown(verdicts: readonly Verdict[]): string {
  return tableMarkdown({
    columns: ['target', 'wanted', 'measured', 'verdict'],
    rows: verdicts.map(({ what, unit, bound, measured, reached }) => [
      what,
      `${boundText(bound)} ${unit}`,
      `${figure(measured)} ${unit}`,
      reached ? 'reached' : '**missed**',
    ]),
  })
}

function boundText(bound: Bound): string {
  const value = String(bound.value)
  switch (bound.kind) {
    case 'at-least':
      return `≥ ${value}`
    case 'at-most':
      return `≤ ${value}`
    case 'below':
      return `< ${value}`
    default:
      return bound satisfies never
  }
}
