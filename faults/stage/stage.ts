/**
 * The stage: a Redis, producers and workers as processes, a receiver, proxies on every way between, and a driver.
 *
 * Owns all of them from start to end. Scenarios do to it what they like; it keeps the account.
 */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Scope } from '../../bench/stage/scope.ts'
import type { Finding } from '../oracle/finding.ts'
import { openLedger } from '../oracle/ledger.ts'
import { POLICY, type Policy } from '../oracle/policy.ts'
import { readReceiverLog, type RequestLine } from '../oracle/receiver-log.ts'
import { noteDisturbances, type Disturbances } from './disturbances.ts'
import { postUntilAccepted, type LaneDeps, type NewEvent } from './lane.ts'
import { startLink, type Link } from './links.ts'
import { startLoad, type Load, type LoadOptions } from './load.ts'
import { createOperator, type Operator } from './operator.ts'
import { startPart, type Part } from './part.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { startStageRedis, type StageRedis } from './redis.ts'
import { settle, type Settled } from './settle.ts'
import { TARGETS } from './targets.ts'

export type StageOptions = {
  readonly folder: string
  readonly quick: boolean
  /** Default 2 of each. */
  readonly producers?: number
  readonly workers?: number
  readonly policy?: Partial<Policy>
  readonly redisSettings?: readonly (readonly string[])[]
  readonly environment?: Readonly<Record<string, string>>
}

export type Stage = {
  readonly policy: Policy
  readonly redis: StageRedis
  readonly receiver: Receiver
  readonly links: {
    readonly producersToRedis: Link
    readonly workersToRedis: Link
    readonly workersToTargets: Link
  }
  readonly operator: Operator
  readonly disturbances: Disturbances
  /** Those that live. */
  readonly producers: () => readonly Part[]
  readonly workers: () => readonly Part[]
  readonly addProducer: (environment?: Readonly<Record<string, string>>) => Promise<Part>
  readonly addWorker: (environment?: Readonly<Record<string, string>>) => Promise<Part>
  readonly load: (options?: Partial<LoadOptions>) => Load
  /** Posts one event until it is accepted. */
  readonly post: (event: NewEvent) => Promise<string | undefined>
  /** The number in a quick run, or in a whole one. */
  readonly size: (quick: number, whole: number) => number
  /** Refusals of the driver's posts by status. */
  readonly refusals: () => ReadonlyMap<number, number>
  /** What the receiver has written down so far. */
  readonly requests: () => readonly RequestLine[]
  /** What the scenario has to say of what it saw. */
  readonly note: (text: string) => void
  readonly notes: () => readonly string[]
  /** A promise of the scenario itself. */
  readonly expect: (kept: boolean, promise: string, detail: string) => void
  /** Waits for a condition. @throws when it does not come */
  readonly until: (what: string, look: () => boolean | Promise<boolean>, limitMs?: number) => Promise<void>
  /** Waits until all is at rest, and has it judged; what was found before is in it. */
  readonly settle: (limitMs?: number) => Promise<Settled>
}

/** Short, so that what a lock delays takes seconds. */
const ENVIRONMENT = {
  MANIFOLD_CONFIG: 'faults/manifold.config.ts',
  MANIFOLD_LOCK_MS: '1500',
  MANIFOLD_STALLED_CHECK_MS: '500',
  MANIFOLD_RELAY_AGE_MS: '1000',
  MANIFOLD_DRAIN_MS: '2000',
  LOG_LEVEL: 'info',
}

const LOOK_MS = 25
const UNTIL_MS = 30_000
const SETTLE_MS = 60_000

/** Sets a stage that ends with the scope. */
export async function setStage(scope: Scope, options: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(options.folder, 'stage-'))
  const policy = { ...POLICY, ...options.policy }
  const disturbances = noteDisturbances()
  const redis = await startStageRedis(folder, options.redisSettings ?? [], disturbances)
  scope.defer(redis.close)
  const receiver = await startReceiver(scope, folder)
  const link = (name: string, port: number) => startLink(scope, name, port, disturbances)
  const links = {
    producersToRedis: await link('producers and Redis', redis.port),
    workersToRedis: await link('workers and Redis', redis.port),
    workersToTargets: await link('workers and targets', receiver.port),
  }
  const ledgerFile = join(folder, 'ledger.log')
  const ledger = openLedger(ledgerFile)
  scope.defer(ledger.close)

  const found: Finding[] = []
  const notes: string[] = []
  const refusals = new Map<number, number>()
  const started = { producer: 0, worker: 0 }
  const parts: { readonly kind: 'producer' | 'worker'; readonly part: Part }[] = []
  const living = (kind: 'producer' | 'worker') =>
    parts.filter((one) => one.kind === kind && one.part.alive()).map(({ part }) => part)

  const add = async (kind: 'producer' | 'worker', own: Readonly<Record<string, string>>): Promise<Part> => {
    const number = ++started[kind]
    const redisPort = kind === 'producer' ? links.producersToRedis.port : links.workersToRedis.port
    const part = await startPart({
      name: `${kind} ${String(number)}`,
      folder,
      disturbances,
      entry: `apps/${kind}/src/main.ts`,
      args: kind === 'worker' ? TARGETS.flatMap((target) => ['--target', target]) : [],
      environment: {
        ...ENVIRONMENT,
        REDIS_URL: `redis://127.0.0.1:${String(redisPort)}`,
        FAULTS_RECEIVER_URL: `http://127.0.0.1:${String(links.workersToTargets.port)}`,
        FAULTS_POLICY: JSON.stringify(policy),
        ...options.environment,
        ...own,
      },
    })
    parts.push({ kind, part })
    return part
  }
  scope.defer(async () => {
    await Promise.all(parts.filter(({ part }) => part.alive()).map(({ part }) => part.kill()))
  })
  await Promise.all([
    ...Array.from({ length: options.producers ?? 2 }, () => add('producer', {})),
    ...Array.from({ length: options.workers ?? 2 }, () => add('worker', {})),
  ])

  let turn = 0
  const origin = () => {
    const producers = living('producer')
    return producers[turn++ % Math.max(1, producers.length)]?.origin
  }
  const lane: LaneDeps = {
    origin,
    ledger,
    onFinding: (finding) => found.push(finding),
    onRefused: (status) => refusals.set(status, (refusals.get(status) ?? 0) + 1),
  }

  return {
    policy,
    redis,
    receiver,
    links,
    operator: createOperator({ origin, ledger, disturbances }),
    disturbances,
    producers: () => living('producer'),
    workers: () => living('worker'),
    addProducer: (environment = {}) => add('producer', environment),
    addWorker: (environment = {}) => add('worker', environment),
    load: (more = {}) => startLoad(lane, { targets: TARGETS, ...more }),
    post: (event) => postUntilAccepted(lane, event),
    size: (quick, whole) => (options.quick ? quick : whole),
    refusals: () => refusals,
    requests: () => readReceiverLog(receiver.logFile),
    note: (text) => notes.push(text),
    notes: () => notes,
    expect: (kept, promise, detail) => {
      if (!kept) found.push({ kind: 'promise-broken', subject: promise, detail })
    },
    until: async (what, look, limitMs = UNTIL_MS) => {
      const deadlineMs = performance.now() + limitMs
      while (!(await look())) {
        if (performance.now() > deadlineMs)
          throw new Error(`waited ${String(limitMs)} ms in vain for ${what}`)
        await wait(LOOK_MS)
      }
    },
    settle: async (limitMs = SETTLE_MS) => {
      const settled = await settle({
        origin: origin() ?? '',
        redisPort: redis.port,
        ledgerFile,
        receiver,
        windows: disturbances.windows,
        policy,
        limitMs,
      })
      return { ...settled, findings: [...found, ...settled.findings] }
    },
  }
}
