/**
 * The soak: `npm run soak -- --minutes 30 --seed 7`. A steady load, and two chains of mishaps beside each other, chosen by the
 * seed: what strikes Manifold and its Redis, and what targets, callers and operators do to it.
 *
 * Owns the order of events and the exit code: any finding is a failure. One producer and one worker are spared from kills, so
 * that their memory is judged over the whole run; they suffer everything else.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describeMachine } from '../bench/report/machine.ts'
import { inScope } from '../bench/stage/scope.ts'
import { parseSoakArguments } from './arguments.ts'
import { wasTaken } from './oracle/evidence.ts'
import { findingLines, type Finding } from './oracle/finding.ts'
import { POLICY } from './oracle/policy.ts'
import { halfFindings } from './scenarios/half-sent.ts'
import { SLEEPY } from './scenarios/redis-slow.ts'
import { DRAINING } from './scenarios/worker-stopped.ts'
import { runChain } from './soak/chain.ts'
import { openSoakDoor } from './soak/door.ts'
import { judgeMemory, memoryLine } from './soak/judge-memory.ts'
import { judgeRun } from './soak/judge-run.ts'
import { PROBED, readMemory } from './soak/memory.ts'
import type { Ground } from './soak/mishap.ts'
import { CHAINS, KINDS } from './soak/mishaps.ts'
import { wellOf } from './soak/mishaps/targets.ts'
import { lateTakeovers, takeovers } from './soak/takeovers.ts'
import { takeTurns } from './soak/turns.ts'
import type { Kind } from './stage/crew.ts'
import { setStage } from './stage/set-stage.ts'
import type { Stage } from './stage/stage.ts'
import { TARGETS } from './stage/targets.ts'

/** Three deliveries each: 270,000 in half an hour. What outages keep from being posted is made up for. */
const EVENTS_PER_SECOND = 50
/** A link that is slower than a lock lasts looks like a dead worker: as long as links here are slow at most. */
const ENVIRONMENT = { MANIFOLD_LOCK_MS: '5000', ...DRAINING, ...PROBED }
/** Short enough for a target to be down for longer, long enough for what a freeze of 30 s holds up to be taken over. */
const MAX_AGE_MS = 30_000
const WORKERS = 3
const PRODUCERS = 2
/** What a process is in its first minute is what it is compared with; a shorter run has a shorter one. */
const WARM_UP_MS = 60_000
const WARM_UP_SHARE = 0.1
const PAUSE_MS = [500, 5_000] as const
/** What is left of a soak when the load has ended: retries, takeovers. */
const SETTLE_MS = 180_000

const print = (text: string) => process.stdout.write(`${text}\n`)

const { minutes, seed, out } = parseSoakArguments(process.argv.slice(2))
const folder = mkdtempSync(join(tmpdir(), 'manifold-soak-'))

/** As many as there are to be, whatever a mishap that broke off has left. */
async function fillUpCrew(stage: Stage): Promise<void> {
  while (stage.workers().length < WORKERS) await stage.addWorker()
  while (stage.producers().length < PRODUCERS) await stage.addProducer()
}

const well = await inScope(async (scope) => {
  const ports = { inside: 0 }
  const door = await openSoakDoor(() => ports.inside)
  scope.defer(door.close)
  const stage = await setStage(scope, {
    folder,
    quick: false,
    seed,
    producers: PRODUCERS,
    workers: WORKERS,
    policy: { retry: { ...POLICY.retry, maxAgeMs: MAX_AGE_MS } },
    redisSettings: SLEEPY,
    environment: { ...ENVIRONMENT, ...door.environment },
  })
  ports.inside = stage.links.workersToTargets.port
  for (const target of TARGETS) await stage.receiver.behave(target, wellOf(target))

  const endMs = performance.now() + minutes * 60_000
  const load = stage.load({ lanes: 16, eventsPerSecond: EVENTS_PER_SECOND, catchesUp: true })
  const living = (kind: Kind) => (kind === 'worker' ? stage.workers() : stage.producers())
  const spared = (['producer', 'worker'] as const).flatMap((kind) => living(kind).slice(0, 1))
  const intakeBackMs: number[] = []
  const turns = takeTurns()
  const ground: Omit<Ground, 'random'> = {
    stage,
    door,
    turns,
    victim: (kind) => {
      const victim = living(kind).find((part) => !spared.includes(part))
      if (victim === undefined) throw new Error(`there is no ${kind} that is not spared`)
      return victim
    },
    replace: async (kind) => {
      await turns(() => (kind === 'worker' ? stage.addWorker() : stage.addProducer()))
    },
    onIntakeBack: (tookMs) => intakeBackMs.push(Math.round(tookMs)),
  }

  await wait(Math.min(WARM_UP_MS, minutes * 60_000 * WARM_UP_SHARE))
  const before = await readMemory(stage, load.accepted())
  const drawn = new Map<string, number>()
  const broken: Finding[] = []
  await Promise.all(
    CHAINS.map(({ mishaps, heal }, index) =>
      runChain({
        mishaps,
        // Chains that begin with the same draws would go in step.
        seed: seed * CHAINS.length + index,
        ground,
        isOver: () => performance.now() >= endMs,
        onDrawn: (name) => {
          drawn.set(name, (drawn.get(name) ?? 0) + 1)
          print(`${new Date().toISOString()} ${name}; ${String(load.accepted())} events so far`)
        },
        onBroken: async (name, error) => {
          const detail = error instanceof Error ? error.message : String(error)
          print(`${new Date().toISOString()} BROKE OFF ${name}: ${detail}`)
          broken.push({ kind: 'promise-broken', subject: name, detail })
          await heal(stage)
          await turns(() => fillUpCrew(stage))
        },
        pauseMs: PAUSE_MS,
      }),
    ),
  )
  await load.stop()
  const settled = await stage.settle(SETTLE_MS)
  const after = await readMemory(stage, load.accepted())
  const takenOver = takeovers(settled.requests, stage.disturbances.windows(), settled.replayed)
  const delivered = new Set(settled.requests.filter(wasTaken).map(({ deliveryId }) => deliveryId)).size
  const findings = [
    ...broken,
    ...settled.findings,
    ...halfFindings(settled.requests),
    ...lateTakeovers(takenOver, stage.policy),
    ...judgeMemory(
      before,
      after,
      spared.map(({ name }) => name),
    ),
    ...judgeRun({ minutes, delivered, drawn, kinds: KINDS }),
  ]
  const takeoverMs = takenOver.map(({ afterMs }) => afterMs)
  const figures = {
    minutes,
    seed,
    startedOn: describeMachine(),
    events: settled.events,
    deliveries: settled.deliveries,
    delivered,
    requests: settled.requests.length,
    duplicates: settled.duplicates,
    refusals: Object.fromEntries(stage.refusals()),
    mishaps: Object.fromEntries(drawn),
    spared: spared.map(({ name }) => name),
    memory: { before, after },
    takeoverMs: { count: takeoverMs.length, longest: Math.max(0, ...takeoverMs) },
    intakeBackMs: { count: intakeBackMs.length, longest: Math.max(0, ...intakeBackMs) },
    restedMs: Math.round(settled.restedMs),
    notes: stage.notes(),
    findings,
    windows: stage.disturbances.windows(),
  }
  mkdirSync(resolve(out), { recursive: true })
  writeFileSync(join(resolve(out), 'soak.json'), `${JSON.stringify(figures, null, 2)}\n`)
  print(
    [
      '',
      `${String(figures.events)} events, ${String(figures.deliveries)} deliveries, ${String(delivered)} of them delivered, ${String(figures.requests)} requests`,
      `${String(figures.duplicates)} came twice, each in flight at a mishap unless found below`,
      `refused: ${JSON.stringify(figures.refusals)}`,
      ...[...drawn].map(([name, count]) => `${String(count)} × ${name}`),
      `at rest ${(settled.restedMs / 1_000).toFixed(1)} s after the last event`,
      `${String(takeoverMs.length)} taken over from dead workers, the slowest after ${String(figures.takeoverMs.longest)} ms`,
      `intake back ${String(intakeBackMs.length)} times, the slowest after ${String(figures.intakeBackMs.longest)} ms`,
      ...stage.notes(),
      `spared from kills: ${figures.spared.join(', ')}`,
      `memory before: ${memoryLine(before)}`,
      `memory after: ${memoryLine(after)}`,
      ...findingLines(findings).map((line) => `FOUND ${line}`),
      `${String(findings.length)} findings`,
    ].join('\n'),
  )
  return findings.length === 0
})
if (well) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
else {
  print(`The logs, the ledger and the receiver's log are in ${folder}.`)
  process.exitCode = 1
}

// Left to itself the process ends here, and Node 26.10 then often spins for ever in its own clean-up: `FreeEnvironment`,
// `CleanupHandles`, `uv_run`, without a system call (seen with gdb). Which handle it waits for is not known; this leaves that out.
process.exit()
