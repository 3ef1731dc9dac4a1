/** Judges facts about a Redis. Pure: facts in, findings out. */
import type { RedisFacts } from '@manifold/store/redis-facts'
import { broken, ok, warning, type Finding } from './finding.ts'

const OLDEST = [6, 2] as const
/** From here on intake is refused, or soon will be. */
const FULL = 0.8
const FILLING = 0.6
const SKEW_WARNING_MS = 1_000
/** Receivers refuse a signature that is older than five minutes. */
const SKEW_BROKEN_MS = 240_000
const LAG_WARNING_S = 10

export function judgeFacts(facts: RedisFacts): Finding[] {
  return [version(facts), ...role(facts), memory(facts), ...lastWrite(facts), replicas(facts)]
}

/** @param skew how far Redis is ahead, and how long asking took */
export function judgeClock(skew: { readonly aheadMs: number; readonly roundTripMs: number }): Finding {
  const { aheadMs, roundTripMs } = skew
  // What the way there and back may have hidden is no skew.
  const sureMs = Math.max(0, Math.abs(aheadMs) - roundTripMs)
  const text = `${String(Math.abs(aheadMs))} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine`
  const fix = 'let both keep time by NTP (chronyd, systemd-timesyncd)'
  if (sureMs > SKEW_BROKEN_MS)
    return broken(
      'Redis clock',
      `${text}: signatures and tokens count as too old, deliveries come too early or too late`,
      fix,
    )
  if (sureMs > SKEW_WARNING_MS)
    return warning('Redis clock', `${text}: times in the API are off by as much`, fix)
  return ok('Redis clock', `${text}, asked in ${String(roundTripMs)} ms`)
}

function version({ version, product }: RedisFacts): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const name = `${product} ${version}`
  const [oldest, oldestMinor] = OLDEST
  if (major < oldest || (major === oldest && minor < oldestMinor)) {
    return broken(
      'Redis version',
      `is ${name}: its commands and scripts lack what the queues need, so events are accepted and not delivered`,
      `run Redis ${OLDEST.join('.')} or newer, or Valkey`,
    )
  }
  return ok('Redis version', `${name} (supported: ${OLDEST.join('.')} and newer)`)
}

function role({ role }: RedisFacts): Finding[] {
  if (role === 'master') return []
  return [
    broken(
      'Redis role',
      `is "${role}": it takes no writes, so nothing is accepted or delivered`,
      'let REDIS_URL name the primary',
    ),
  ]
}

function memory({ usedBytes, maxBytes, machineBytes }: RedisFacts): Finding {
  const used = megabytes(usedBytes)
  if (maxBytes === 0) {
    const limit = machineBytes === 0 ? '' : ` of the machine's ${megabytes(machineBytes)}`
    return warning(
      'Redis memory',
      `${used} used${limit}, no maxmemory: a growing backlog ends in the system killing Redis`,
      'CONFIG SET maxmemory to about 3/4 of what it may have, and the same in redis.conf',
    )
  }
  const share = usedBytes / maxBytes
  const text = `${used} of ${megabytes(maxBytes)} used (${String(Math.round(share * 100))} %)`
  const fix = 'raise maxmemory, or see what waits: manifold targets list, manifold dead-letters list'
  if (share >= FULL) return broken('Redis memory', `${text}: events are refused when it is full`, fix)
  if (share >= FILLING) return warning('Redis memory', `${text}: little is left for a backlog`, fix)
  return ok('Redis memory', text)
}

function lastWrite({ lastWrite }: RedisFacts): Finding[] {
  if (lastWrite === 'ok' || lastWrite === '') return []
  return [
    broken(
      'Redis disk',
      `its last write failed (${lastWrite}): it takes no more events`,
      'free its disk; its own log says what failed',
    ),
  ]
}

function replicas({ replicas }: RedisFacts): Finding {
  if (replicas.length === 0) return ok('Redis replicas', 'none: what is on its disk is all there is')
  const late = replicas.filter(({ state, lagSeconds }) => state !== 'online' || lagSeconds > LAG_WARNING_S)
  if (late.length === 0) return ok('Redis replicas', `${String(replicas.length)}, none behind`)
  return warning(
    'Redis replicas',
    `${String(late.length)} of ${String(replicas.length)} are behind: a failover to one would lose accepted events`,
    'look at the network between them and at repl-backlog-size',
  )
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0)} MB`
}
