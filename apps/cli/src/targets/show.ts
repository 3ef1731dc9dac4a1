/** `manifold targets show`: one target, its settings without secrets, and how it does. */
import type { TargetView } from '@manifold/client'
import type { Session } from '../api/session.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { pairs, type Cell } from '../terminal/columns.ts'
import { word } from '../terminal/tints.ts'
import { lastMinute, stateOf } from './target-words.ts'

export async function showTarget(session: Session, name: string): Promise<ExitCode> {
  return printTarget(session, await session.client.targets.get(name, { signal: session.signal }))
}

/** As people read it, or for programs. */
export async function printTarget({ output, json }: Session, target: TargetView): Promise<ExitCode> {
  await output.print(json ? `${JSON.stringify(target, undefined, 2)}\n` : pairs(facts(target), output.colour))
  return EXIT.ok
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
