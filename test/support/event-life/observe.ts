/** What Redis does hold, in the same form as the life it is compared with (project.ts). It reads the keys as they are. */
import { keys, type RedisClient } from '@manifold/store'
import type { Sight } from './project.ts'

/** Anything further off than this was set to hours; all else is over by now. */
const FAR_MS = 60_000

/** Reads everything. @param after the feed's entry behind which the latest step's are */
export async function observe(
  redis: RedisClient,
  targets: readonly string[],
  replayId: string,
  after: string,
): Promise<{ readonly sight: Sight; readonly newest: string }> {
  const names = await redis.keys('*')
  const under = (prefix: string) =>
    names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
      .sort()
  const eventIds = under(keys.eventPrefix)
  const told = await redis.xrange(keys.changes, `(${after}`, '+')
  const sight: Record<string, unknown> = {
    outbox: await redis.zrange(keys.outbox, '0', '-1').then(sorted),
    deadLetters: await redis.zrange(keys.deadLetters, '0', '-1').then(sorted),
    retention: await readRetention(redis),
    listed: await redis.zrange(keys.events, '0', '-1').then(sorted),
    withAttempts: under(keys.attempts('')),
    payloads: under(keys.payload('')),
    idempotency: await readAll(redis, under(keys.idempotency('')).map(keys.idempotency)),
    outcomes: await readOutcomes(redis, targets, names),
    replayed: Number((await redis.hget(keys.replay(replayId), 'replayed')) ?? 0),
    told: told.map(([, fields]) => readChange(fields)),
  }
  for (const id of eventIds)
    sight[`event ${id}`] = readEvent(
      await redis.hgetall(keys.event(id)),
      await redis.hgetall(keys.attempts(id)),
    )
  for (const target of targets) {
    sight[`dead letters of ${target}`] = await redis
      .zrange(keys.deadLettersOf(target), '0', '-1')
      .then(sorted)
    const [waiting, delayed, inFlight] = await redis.hmget(
      keys.backlog(target),
      'waiting',
      'delayed',
      'inFlight',
    )
    sight[`backlog of ${target}`] = {
      waiting: Number(waiting ?? 0),
      delayed: Number(delayed ?? 0),
      inFlight: Number(inFlight ?? 0),
    }
  }
  return { sight, newest: told.at(-1)?.[0] ?? after }
}

function readEvent(
  fields: Readonly<Record<string, string>>,
  attempts: Readonly<Record<string, string>>,
): unknown {
  const targets = (fields['targets'] ?? '').split(',').filter((target) => target !== '')
  return {
    status: fields['status'],
    pending: Number(fields['pending']),
    delivered: Number(fields['deliveredCount']),
    dead: Number(fields['deadCount']),
    isSettled: fields['settledAt'] !== undefined,
    deliveries: Object.fromEntries(
      targets.map((target) => [
        target,
        readDelivery(fields[`${target}/state`] ?? '', fields[`${target}/last`], attemptsOf(target, attempts)),
      ]),
    ),
  }
}

function readDelivery(
  state: string,
  last: string | undefined,
  attempts: Readonly<Record<string, number>>,
): unknown {
  const [
    status,
    generation,
    fence,
    counted,
    spent,
    settledFence,
    nextAt,
    endedAt,
    openedAt,
    claimedUntil,
    claimant,
    reason,
    process = '-',
    crashes = '0',
  ] = state.split(' ')
  if (Number(counted) !== Object.keys(attempts).length)
    throw new Error(`${String(counted)} attempts were counted, ${JSON.stringify(attempts)} recorded`)
  return {
    status,
    generation: Number(generation),
    fence: Number(fence),
    spent: Number(spent),
    settledFence: Number(settledFence),
    wait: nextAt === '-' ? null : whenOf(nextAt),
    hasEnded: endedAt !== '-',
    opensLater: openedAt !== '-',
    claim:
      claimedUntil === '-' && claimant === '-' && process === '-'
        ? null
        : `${String(claimant)} ${process} ${whenOf(claimedUntil)}`,
    reason: reason === '-' ? null : reason,
    crashes: Number(crashes),
    attempts,
    last: last === undefined ? null : Number(last.split(' ')[0]),
  }
}

/** `<target>/<generation>/<fence>` → number */
function attemptsOf(target: string, attempts: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(attempts)
      .filter(([field]) => field.startsWith(`${target}/`))
      .map(([field, entry]) => [field.slice(target.length + 1), Number(entry.split(' ')[0])] as const)
      .sort(),
  )
}

function readChange(flat: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at] ?? ''] = flat[at + 1] ?? ''
  const { attempt, nextAt } = fields
  return {
    ...fields,
    ...(attempt === undefined ? {} : { attempt: attempt.split(' ')[0] ?? '' }),
    ...(nextAt === undefined ? {} : { nextAt: nextAt === '' ? '' : whenOf(nextAt) }),
  }
}

async function readRetention(redis: RedisClient): Promise<Readonly<Record<string, string>>> {
  const flat = await redis.zrange(keys.retention, '0', '-1', 'WITHSCORES')
  const found: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([flat[at] ?? '', whenOf(flat[at + 1])])
  return Object.fromEntries(found.sort())
}

/** Over the windows that they are counted in. */
async function readOutcomes(
  redis: RedisClient,
  targets: readonly string[],
  names: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const sums = new Map<string, number>()
  for (const target of targets) {
    const prefix = keys.rates(target, 0).slice(0, -1)
    for (const name of names.filter((one) => one.startsWith(prefix))) {
      for (const [outcome, count] of Object.entries(await redis.hgetall(name))) {
        const key = `${target} ${outcome}`
        sums.set(key, (sums.get(key) ?? 0) + Number(count))
      }
    }
  }
  return Object.fromEntries([...sums].sort())
}

async function readAll(redis: RedisClient, names: readonly string[]): Promise<readonly (string | null)[]> {
  return names.length === 0 ? [] : (await redis.mget(...names)).sort()
}

function whenOf(at: string | undefined): 'due' | 'later' {
  return Number(at) > Date.now() + FAR_MS ? 'later' : 'due'
}

function sorted(ids: string[]): string[] {
  return ids.sort()
}
