/** What became of each line: counted, told, and summed up; for people or for programs. */
import type { BatchItem, ManifoldError } from '@manifold/client'
import { fieldLine } from '../field-lines.ts'
import { problemOf } from '../report-failure.ts'
import type { Output } from '../terminal/output.ts'
import { plainText } from '../terminal/plain-text.ts'
import { bar, type ProgressLine } from '../terminal/progress-line.ts'
import type { Item } from './events-of.ts'

export type Report = {
  /** A line that was not sent. */
  readonly broken: (item: Extract<Item, { kind: 'broken' }>) => Promise<void>
  /** What the producer said. */
  readonly result: (line: number, item: BatchItem) => Promise<void>
  readonly failed: () => number
  readonly summary: (idempotencyKey: string) => Promise<void>
  readonly dryRun: (count: number) => Promise<void>
}

export type ReportDeps = {
  readonly output: Pick<Output, 'print'>
  readonly json: boolean
  readonly progress: ProgressLine
  /** How much was read, from 0 to 1. */
  readonly share: () => number | undefined
  readonly now?: () => number
}

export function createReport({ output, json, progress, share, now = Date.now }: ReportDeps): Report {
  const startedAtMs = now()
  const counts = { accepted: 0, duplicates: 0, failed: 0 }
  const rate = () =>
    Math.round((counts.accepted + counts.duplicates) / Math.max(0.001, (now() - startedAtMs) / 1_000))
  const print = (value: object) => output.print(`${JSON.stringify(value)}\n`)

  const fail = async (line: number, text: string, problem: object) => {
    counts.failed++
    if (json) await print({ line, problem })
    else progress.note(`line ${String(line)}: ${plainText(text)}`)
  }

  return {
    broken: ({ line, code, detail }) => fail(line, `${detail} (${code})`, { code, detail }),
    result: async (line, item) => {
      if (item.kind === 'refused') {
        await fail(line, reasonOf(item.error), problemOf(item.error))
        return
      }
      const { replayed: duplicate, ...event } = item.event
      counts[duplicate ? 'duplicates' : 'accepted']++
      if (json) await print({ line, ...event, duplicate })
      const done = share()
      const how = `${String(counts.accepted)} accepted, ${String(counts.failed)} failed, ${String(rate())}/s`
      progress.show(done === undefined ? how : `${bar(done)} ${how}`)
    },
    failed: () => counts.failed,
    summary: async (idempotencyKey) => {
      progress.clear()
      const durationMs = now() - startedAtMs
      if (json) {
        await print({ summary: { ...counts, durationMs, idempotencyKey } })
        return
      }
      const { accepted, duplicates, failed } = counts
      const took = `in ${(durationMs / 1_000).toFixed(1)} s, ${String(rate())} a second`
      await output.print(
        `accepted ${String(accepted)}, duplicates ${String(duplicates)}, failed ${String(failed)} (${took})\n`,
      )
    },
    dryRun: async (count) => {
      if (json) await print({ summary: { dryRun: true, sendable: count, failed: counts.failed } })
      else
        await output.print(
          `${String(count)} would be sent, ${String(counts.failed)} could not; nothing was sent\n`,
        )
    },
  }
}

function reasonOf({ code, title, detail, errors }: ManifoldError): string {
  const why = [title, detail, ...errors.map(fieldLine)].filter((part) => part !== undefined && part !== '')
  return `${why.join('; ')} (${code})`
}
