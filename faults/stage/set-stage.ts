/**
 * Sets the stage: a Redis, producers and workers as processes, a receiver, proxies on every way between, and a driver.
 *
 * Owns all of them from start to end. Scenarios do to it what they like; it keeps the account.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Scope } from '../../bench/stage/scope.ts'
import type { Finding } from '../oracle/finding.ts'
import { openLedger } from '../oracle/ledger.ts'
import { POLICY } from '../oracle/policy.ts'
import { readReceiverLog } from '../oracle/receiver-log.ts'
import { gatherCrew } from './crew.ts'
import { noteDisturbances } from './disturbances.ts'
import { postUntilAccepted, tryOnce, type LaneDeps } from './lane.ts'
import { startLink } from './links.ts'
import { keepLoads } from './loads.ts'
import { startLoad } from './load.ts'
import { createOperator } from './operator.ts'
import { startReceiver } from './receiver.ts'
import { startServers } from './servers.ts'
import { settle } from './settle.ts'
import type { Stage, StageOptions } from './stage.ts'
import { awaitStrike } from './strike.ts'
import { TARGETS } from './targets.ts'
import { countTries } from './tries.ts'
import { watchMachine } from './watch-machine.ts'

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
  watchMachine(scope, disturbances)
  const shape = options.redisShape ?? { kind: 'one' }
  const servers = await startServers(folder, shape, options.redisSettings ?? [], disturbances)
  scope.defer(servers.close)
  const receiver = await startReceiver(scope, folder, options.seed)
  const toRedis = { upstreamPort: servers.port, disturbances }
  const links = {
    producersToRedis: await startLink(scope, {
      ...toRedis,
      name: 'producers and Redis',
      // Whoever sends to targets notices nothing.
      cutsExcuse: 'first-attempts',
    }),
    workersToRedis: await startLink(scope, {
      ...toRedis,
      name: 'workers and Redis',
      cutsExcuse: 'duplicates',
    }),
    workersToTargets: await startLink(scope, {
      name: 'workers and targets',
      upstreamPort: receiver.port,
      // Whoever sends lives, and knows what it sent.
      cutsExcuse: 'answers',
      disturbances,
    }),
  }
  const targetsFile = join(folder, 'targets.json')
  writeFileSync(targetsFile, JSON.stringify(TARGETS))
  const ledgerFile = join(folder, 'ledger.log')
  const ledger = openLedger(ledgerFile)
  scope.defer(ledger.close)

  const found: Finding[] = []
  const notes: string[] = []
  const crew = gatherCrew(scope, {
    folder,
    disturbances,
    environmentOf: (kind) => ({
      ...ENVIRONMENT,
      REDIS_URL:
        servers.url ??
        `redis://127.0.0.1:${String(kind === 'producer' ? links.producersToRedis.port : links.workersToRedis.port)}`,
      FAULTS_RECEIVER_URL: `http://127.0.0.1:${String(links.workersToTargets.port)}`,
      FAULTS_TARGETS_FILE: targetsFile,
      FAULTS_POLICY: JSON.stringify(policy),
      ...options.environment,
    }),
  })
  await Promise.all([
    ...Array.from({ length: options.producers ?? 2 }, () => crew.add('producer')),
    ...Array.from({ length: options.workers ?? 2 }, () => crew.add('worker')),
  ])

  const onFinding = (finding: Finding) => {
    found.push(finding)
  }
  const tries = countTries({
    lives: (producer) => crew.living('producer').some(({ name }) => name === producer),
    windows: disturbances.windows,
    onFinding,
  })
  const loads = keepLoads(scope)
  const lane: LaneDeps = { producer: crew.producer, ledger, onFinding, onTry: tries.add }

  return {
    seed: options.seed,
    folder,
    defer: scope.defer,
    policy,
    get redis() {
      return servers.one()
    },
    servers,
    receiver,
    links,
    operator: createOperator({ origin: crew.origin, ledger, disturbances }),
    disturbances,
    configure: async (targets) => {
      writeFileSync(targetsFile, targets === 'broken' ? '[' : JSON.stringify(targets))
      const parts = [...crew.living('producer'), ...crew.living('worker')]
      return (await Promise.all(parts.map((part) => part.reload()))).every((taken) => taken)
    },
    producers: () => crew.living('producer'),
    workers: () => crew.living('worker'),
    origin: crew.origin,
    addProducer: (environment) => crew.add('producer', environment),
    addWorker: (environment, through) => crew.add('worker', environment, through),
    struck: (part, limitMs) => awaitStrike({ part, leaveOut: crew.leaveOut, limitMs }),
    load: (more = {}) => loads.keep(startLoad(lane, { targets: TARGETS, ...more })),
    endLoads: loads.end,
    leaveOut: crew.leaveOut,
    post: (event) => postUntilAccepted(lane, event),
    probe: async (producer, event, limitMs) => {
      const { tried } = await tryOnce(lane, producer, event, limitMs)
      // That so short a wait was in vain is no refusal.
      if (tried.status !== 'timeout') tries.add(tried)
      return tried
    },
    size: (quick, whole) => (options.quick ? quick : whole),
    refusals: tries.refusals,
    slowestRefusalMs: tries.slowestRefusalMs,
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
        origin: crew.origin() ?? '',
        look: servers.look,
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
