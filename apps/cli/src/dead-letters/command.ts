/** `manifold dead-letters`: what could not be delivered; look, send again, give up. */
import { Command, Option } from 'commander'
import { parseCount, parseRate } from '../api/number-option.ts'
import { asksProducer } from '../api/session.ts'
import { parseTime } from '../api/time-option.ts'
import { DEAD_REASONS } from '../api/words.ts'
import type { DiscardOptions } from './discard.ts'
import type { ListOptions } from './list.ts'
import type { ReplayOptions } from './replay.ts'

export function deadLettersCommand(): Command {
  const deadLetters = new Command('dead-letters').description(
    'deliveries that will not be tried again by themselves',
  )
  list(deadLetters)
  show(deadLetters)
  replay(deadLetters)
  discard(deadLetters)
  return deadLetters
}

function list(parent: Command): void {
  const command = filtered(parent.command('list').description('dead letters, newest first'))
    .option('--limit <n>', 'at most so many', parseCount, 50)
    .option('--all', 'all there are')
  asksProducer<ListOptions>(command, async (session, options) =>
    (await import('./list.ts')).listDeadLetters(session, options),
  )
}

function show(parent: Command): void {
  const command = parent
    .command('show')
    .description("one dead letter: the event's data and every attempt")
    .argument('<id>', 'of the delivery')
  asksProducer(command, async (session, _options, [id = '']) =>
    (await import('./show.ts')).showDeadLetter(session, id),
  )
}

function replay(parent: Command): void {
  const command = bulk(parent.command('replay').description('deliver dead letters again, by id or by filter'))
    .option('--limit <n>', 'of those that match, only so many, the oldest', parseCount)
    .option('--rate <n>', 'so many a second', parseRate)
    .option('--no-wait', 'do not wait for a bulk replay to end')
  asksProducer<ReplayOptions>(command, async (session, options, ids) =>
    (await import('./replay.ts')).replayDeadLetters(session, options, ids),
  )
}

function discard(parent: Command): void {
  const command = bulk(
    parent.command('discard').description('give dead letters up for good, by id or by filter'),
  )
  asksProducer<DiscardOptions>(command, async (session, options, ids) =>
    (await import('./discard.ts')).discardDeadLetters(session, options, ids),
  )
}

/** One that takes ids, or everything that a filter takes, after a question. */
function bulk(command: Command): Command {
  return filtered(command.argument('[ids...]', 'of deliveries; or a filter, or --all'))
    .option('--all', 'all there are')
    .option('--dry-run', 'only count what would be taken')
    .option('-y, --yes', 'do not ask')
}

function filtered(command: Command): Command {
  const time = (text: string) => parseTime(text)
  return command
    .option('--target <name>', 'for this target')
    .option('--type <type>', 'of this event type, exactly')
    .addOption(new Option('--reason <reason>', 'that died for this reason').choices(DEAD_REASONS))
    .option('--after <time>', 'that died after: RFC 3339, or how long ago (15m, 2h, 7d)', time)
    .option('--before <time>', 'that died before', time)
}
