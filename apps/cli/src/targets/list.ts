/** `manifold targets list`, `show`, `pause` and `resume`: what is configured, how it does, stop and go. */
import type { RemovedTargetView, TargetView } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { showList } from '../api/show-list.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { pairs, type Cell } from '../terminal/columns.ts'
import { word } from '../terminal/tints.ts'

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

export async function showTarget(session: Session, name: string): Promise<ExitCode> {
  return print(session, await session.client.targets.get(name, { signal: session.signal }))
}

export async function pauseTarget(session: Session, name: string): Promise<ExitCode> {
  return print(session, await session.client.targets.pause(name, { signal: session.signal }))
}

export async function resumeTarget(session: Session, name: string): Promise<ExitCode> {
  return print(session, await session.client.targets.resume(name, { signal: session.signal }))
}

async function print({ output, json }: Session, target: TargetView): Promise<ExitCode> {
  await output.print(json ? `${JSON.stringify(target, undefined, 2)}\n` : pairs(facts(target), output.colour))
  return EXIT.ok
}

function row(target: TargetView | RemovedTargetView): Cell[] {
  const { name, queue, inFlight } = target
  const counts = [queue.waiting, queue.delayed, inFlight].map(String)
  const dead: Cell = { text: String(queue.dead), tint: queue.dead > 0 ? 'red' : undefined }
  if (!('settings' in target)) return [name, word('removed'), '-', ...counts, dead, '-']
  return [name, word(stateOf(target)), word(target.breaker.state), ...counts, dead, lastMinute(target)]
}

function stateOf({ paused, gone }: TargetView): string {
  if (gone) return 'gone'
  return paused ? 'paused' : 'running'
}

function lastMinute({ lastMinute }: TargetView): string {
  const parts = Object.entries(lastMinute).filter(([, count]) => count > 0)
  return parts.map(([outcome, count]) => `${String(count)} ${outcome}`).join(', ') || '-'
}

function facts(target: TargetView): (readonly [string, Cell])[] {
  const { name, queue, inFlight, breaker, settings, hosts = [] } = target
  const { retry, rateLimit, allowPrivateNetwork } = settings
  return [
    ['target', name],
    ['state', word(stateOf(target))],
    ['breaker', word(breaker.state)],
    ...(breaker.reason === null ? [] : [['breaker reason', breaker.reason] as const]),
    ...(breaker.nextProbeAt === null ? [] : [['next probe', breaker.nextProbeAt] as const]),
    ...hosts.map((one) => [`host ${one.host}`, word(one.breaker.state)] as const),
    ['waiting', String(queue.waiting)],
    ['delayed', String(queue.delayed)],
    ['in flight', String(inFlight)],
    ['dead letters', String(queue.dead)],
    ['last minute', lastMinute(target)],
    ['subscribes to', settings.subscribe.join(', ') + (settings.filter ? ' (filtered)' : '')],
    ['kind', settings.kind],
    ...(settings.url === undefined
      ? []
      : [['url', `${settings.method ?? ''} ${settings.url}`.trim()] as const]),
    ...(settings.auth === undefined ? [] : [['auth', settings.auth] as const]),
    ['timeout', `${String(settings.timeoutMs)} ms`],
    ['attempts', `at most ${String(retry.maxAttempts)}, for at most ${String(retry.maxAgeMs)} ms`],
    ['concurrency', String(settings.concurrency)],
    ['rate limit', rateLimit === null ? '-' : `${String(rateLimit.max)} per ${String(rateLimit.perMs)} ms`],
    [
      'private network',
      Array.isArray(allowPrivateNetwork) ? allowPrivateNetwork.join(', ') : String(allowPrivateNetwork),
    ],
  ]
}
