/** `manifold targets list`: what is configured, and how it does, a line each; behind it what was removed and still has something. */
import type { RemovedTargetView, TargetView } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { showList } from '../api/show-list.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Cell } from '../terminal/columns.ts'
import { word } from '../terminal/tints.ts'
import { lastMinute, stateOf } from './target-words.ts'

const HEADER = ['TARGET', 'STATE', 'BREAKER', 'WAITING', 'DELAYED', 'IN FLIGHT', 'DEAD', 'LAST MINUTE']

export async function listTargets(session: Session): Promise<ExitCode> {
  const { items, removed } = await session.client.targets.list({ signal: session.signal })
  return showList(session, {
    items: (async function* () {
      yield* await Promise.resolve([...items, ...removed])
    })(),
    limit: Infinity,
    header: HEADER,
    row,
    none: 'the config has no target',
  })
}

function row(target: TargetView | RemovedTargetView): Cell[] {
  const { name, queue, inFlight } = target
  const counts = [queue.waiting, queue.delayed, inFlight].map(String)
  const dead: Cell = { text: String(queue.dead), tint: queue.dead > 0 ? 'red' : undefined }
  if (!('settings' in target)) return [name, word('removed'), '-', ...counts, dead, '-']
  return [name, word(stateOf(target)), word(target.breaker.state), ...counts, dead, lastMinute(target)]
}
