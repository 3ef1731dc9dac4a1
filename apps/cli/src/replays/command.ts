/** `manifold replays`: bulk replays that were begun, perhaps by somebody else. */
import { Command } from 'commander'
import { asksProducer } from '../api/session.ts'
import { followReplay, printReplay } from './follow.ts'

export function replaysCommand(): Command {
  const replays = new Command('replays').description('bulk replays of dead letters')
  const show = replays
    .command('show')
    .description('how far a bulk replay is')
    .argument('<id>', 'that it was begun with')
    .option('--wait', 'until it has ended')
  asksProducer<{ wait?: boolean }>(show, async (session, { wait }, [id = '']) => {
    const replay = session.client.bulkReplay(id)
    // An unknown one is told before anything is said to go on.
    const now = await replay.progress({ signal: session.signal })
    return wait === true ? followReplay(session, replay) : printReplay(session, now)
  })
  return replays
}
