/** Mishaps: the faults of a soak. Each ends what it began, so that any may follow any. */
import { setTimeout as wait } from 'node:timers/promises'
import { FAULTS } from '../proxy/fault.ts'
import { OK, type Behaviour } from '../receiver/behaviour.ts'
import { untilIntakeIsBack } from '../scenarios/intake.ts'
import type { Link } from '../stage/links.ts'
import type { Stage } from '../stage/stage.ts'
import { TARGETS } from '../stage/targets.ts'
import type { Random } from '../random.ts'

/** What a mishap can measure besides. */
export type Measured = { readonly onIntakeBack: (tookMs: number) => void }

export type Mishap = {
  readonly name: string
  readonly run: (stage: Stage, random: Random, measured: Measured) => Promise<void>
}

/** Long enough for something to be under way at each kill. */
const SLOW: Behaviour = { kind: 'status', status: 200, afterMs: 100 }

/** How a target answers when nothing is wrong with it. */
export function wellOf(target: string): Behaviour {
  return target === 'gamma' ? SLOW : OK
}

const HUGE = { kind: 'big', bytes: 200_000_000, enoughBytes: 65_536 } as const

const BEHAVIOURS: readonly Behaviour[] = [
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 1 } },
  { kind: 'status', status: 503, retryAfter: { form: 'date', seconds: 2 } },
  { kind: 'reset', when: 'after-headers' },
  { kind: 'hang' },
  { kind: 'drip', everyMs: 100 },
  { kind: 'garbage' },
  { kind: 'garbage', what: 'status-line' },
  {
    kind: 'mixed',
    answers: [
      { weight: 1, answer: { ...HUGE, status: 200 } },
      { weight: 1, answer: { ...HUGE, status: 500 } },
      { weight: 8, answer: OK },
    ],
  },
  { kind: 'flap', everyMs: 1_000, answers: [OK, { kind: 'status', status: 500 }] },
]

const LASTS_MS = [500, 4_000] as const

const onLink = (name: string, link: (stage: Stage) => Link): Mishap => ({
  name,
  run: async (stage, random) => {
    const end = await link(stage).fail(random.pick(FAULTS))
    await wait(random.between(...LASTS_MS))
    await end()
  },
})

export const MISHAPS: readonly Mishap[] = [
  {
    name: 'worker killed',
    run: async (stage, random) => {
      await random.pick(stage.workers()).kill()
      await stage.addWorker()
    },
  },
  {
    name: 'producer killed',
    run: async (stage, random) => {
      await random.pick(stage.producers()).kill()
      await stage.addProducer()
    },
  },
  {
    name: 'worker stopped and started',
    run: async (stage, random) => {
      await random.pick(stage.workers()).stop()
      await stage.addWorker()
    },
  },
  {
    name: 'worker frozen',
    run: async (stage, random) => {
      const thaw = random.pick(stage.workers()).freeze()
      await wait(random.between(1_000, 10_000))
      thaw()
    },
  },
  {
    name: 'Redis killed and started',
    run: async (stage, random, { onIntakeBack }) => {
      await stage.redis.kill()
      await wait(random.between(0, 2_000))
      await stage.redis.start()
      onIntakeBack(await untilIntakeIsBack(stage))
    },
  },
  {
    name: 'connections killed',
    run: async (stage) => {
      const over = stage.disturbances.begin('CLIENT KILL', 'duplicates')
      await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'normal')
      over()
    },
  },
  {
    name: 'scripts flushed',
    run: async (stage) => {
      await stage.redis.command('SCRIPT', 'FLUSH')
    },
  },
  {
    name: 'link of the producers to Redis',
    run: async (stage, random, { onIntakeBack }) => {
      const end = await stage.links.producersToRedis.fail(random.pick(FAULTS))
      await wait(random.between(...LASTS_MS))
      await end()
      onIntakeBack(await untilIntakeIsBack(stage))
    },
  },
  onLink('link of the workers to Redis', ({ links }) => links.workersToRedis),
  onLink('link of the workers to the targets', ({ links }) => links.workersToTargets),
  {
    name: 'target ill',
    run: async (stage, random) => {
      const target = random.pick(TARGETS)
      const well = stage.disturbances.begin(`${target} is ill`, 'lateness', { target })
      await stage.receiver.behave(target, random.pick(BEHAVIOURS))
      await wait(random.between(...LASTS_MS))
      await stage.receiver.behave(target, wellOf(target))
      well()
    },
  },
  {
    name: 'target paused',
    run: async (stage, random) => {
      const resume = await stage.operator.pause(random.pick(TARGETS))
      await wait(random.between(...LASTS_MS))
      await resume()
    },
  },
]
