/**
 * `manifold send`: reads, sends, and tells what became of each line.
 *
 * Owns the order of things: a line that is broken, or that the producer refuses, is told with its number, and the rest
 * goes on. What no answer came for ends it, with how to go on from there.
 */
import type { BatchItem, EventToPublish, AnyEvents } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { misuse } from '../misuse.ts'
import { openProgressLine } from '../terminal/progress-line.ts'
import { shellWord } from '../terminal/shell-quote.ts'
import { checkOnly } from './check-only.ts'
import { documentsOf } from './documents.ts'
import { toItem, type Item } from './events-of.ts'
import { createReport, type Report } from './report.ts'
import { openSource, type Source } from './source.ts'

export type SendOptions = {
  readonly idempotencyKey?: string
  readonly type?: string
  readonly dryRun?: boolean
}

/** Events in one request. */
const CHUNK_SIZE = 500

export async function sendFile(session: Session, options: SendOptions, file: string): Promise<ExitCode> {
  const opening = await openSource(file, session.signal)
  if (opening.kind === 'unreadable') return misuse(session.command, opening.message)
  if (file === '-' && process.stdin.isTTY)
    session.output.note('reading events from the terminal, one a line; Ctrl-D ends')
  const { source } = opening
  const idempotencyKey = options.idempotencyKey ?? newKey()
  const items = itemsOf(source, idempotencyKey, options.type)
  const progress = openProgressLine(process.stderr)
  const report = createReport({ output: session.output, json: session.json, progress, share: source.share })
  if (options.dryRun === true) return checkOnly(items, report)

  let whole = false
  try {
    await sendEach(session, items, report)
    whole = true
  } finally {
    await report.summary(idempotencyKey)
    if (!whole || report.failed() > 0)
      session.output.note(howToGoOn([...typeWords(options), ...session.again, file], idempotencyKey))
  }
  return report.failed() === 0 ? EXIT.ok : EXIT.failed
}

async function* itemsOf(
  source: Source,
  idempotencyKey: string,
  type: string | undefined,
): AsyncGenerator<Item, void, undefined> {
  for await (const document of documentsOf(source.chunks)) yield toItem(document, { idempotencyKey, type })
}

async function sendEach(
  { client, signal }: Session,
  items: AsyncIterable<Item>,
  report: Report,
): Promise<void> {
  // Of the events under way, in order; no more than a request holds.
  const lines: number[] = []
  async function* events(): AsyncGenerator<EventToPublish<AnyEvents>, void, undefined> {
    for await (const item of items) {
      if (item.kind === 'broken') {
        await report.broken(item)
        continue
      }
      lines.push(item.line)
      yield item.event
    }
  }
  const results: AsyncIterable<BatchItem> = client.publishEach(events(), { chunkSize: CHUNK_SIZE, signal })
  for await (const result of results) await report.result(lines.shift() ?? 0, result)
}

function newKey(): string {
  return `send-${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`
}

function typeWords({ type }: SendOptions): string[] {
  return type === undefined ? [] : ['--type', type]
}

function howToGoOn(words: readonly string[], key: string): string {
  const command = ['manifold send --idempotency-key', key, ...words.map(shellWord)].join(' ')
  return `mend it and send all of it again, and only what is missing is accepted:\n  ${command}`
}
