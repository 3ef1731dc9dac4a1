/** `manifold events`: what was accepted, and what becomes of it. */
import { Command, Option } from 'commander'
import { parseCount } from '../api/number-option.ts'
import { asksProducer } from '../api/session.ts'
import { parseTime } from '../api/time-option.ts'
import { EVENT_STATUSES, FEED_STATUSES } from '../api/words.ts'
import type { ListOptions } from './list.ts'
import type { WatchOptions } from './watch.ts'

export function eventsCommand(): Command {
  const events = new Command('events').description('events that were accepted')

  const list = events
    .command('list')
    .description('events, newest first')
    .option('--type <type>', 'of this type, exactly')
    .addOption(new Option('--status <status>', 'what they have come to').choices(EVENT_STATUSES))
    .option('--after <time>', 'accepted after: RFC 3339, or how long ago (15m, 2h, 7d)', parseTimeOption)
    .option('--before <time>', 'accepted before', parseTimeOption)
    .option('--limit <n>', 'at most so many', parseCount, 50)
    .option('--all', 'all there are')
  asksProducer<ListOptions>(list, async (session, options) =>
    (await import('./list.ts')).listEvents(session, options),
  )

  const show = events
    .command('show')
    .description('one event: its deliveries and every attempt')
    .argument('<id>', 'of the event')
  asksProducer(show, async (session, _options, [id = '']) =>
    (await import('./show.ts')).showEvent(session, id),
  )

  const watch = events
    .command('watch')
    .description('what happens, as it happens: of one event to its end, or of all from now on')
    .argument('[id]', 'of an event; all without it')
    .option('--type <pattern>', "of types such as 'order.*' (one segment) or 'order.**' (any number)")
    .option('--target <name>', 'of deliveries to this target')
    .addOption(new Option('--status <status>', 'that led to this status').choices(FEED_STATUSES))
  asksProducer<WatchOptions>(watch, async (session, options, [id]) =>
    (await import('./watch.ts')).watchEvents(session, options, id),
  )
  return events
}

/** Commander gives the value before as a second argument. */
function parseTimeOption(text: string): Date {
  return parseTime(text)
}
