/** Mishaps of Redis, and of the ways to it. */
import { setTimeout as wait } from 'node:timers/promises'
import { FAULTS } from '../../proxy/fault.ts'
import { killConnections } from '../../scenarios/connections-killed.ts'
import { untilIntakeIsBack } from '../../scenarios/intake.ts'
import { demote } from '../../scenarios/redis-demoted.ts'
import { cutFile } from '../../scenarios/redis-file-cut.ts'
import { fillUp } from '../../scenarios/redis-full.ts'
import { whileRedisIsGone } from '../../scenarios/redis-outage.ts'
import { silence } from '../../scenarios/redis-silent.ts'
import { putToSleep } from '../../scenarios/redis-slow.ts'
import { flushScripts } from '../../scenarios/scripts-flushed.ts'
import { LASTS_MS, type Mishap } from '../mishap.ts'

/** As long as the longest hole that is promised for, now and then. */
const LONG_HOLE_MS = 20_000
const LONG_SHARE = 0.25
const HOLE_MS = [2_000, 5_000] as const

const onLink = (name: string, which: 'producersToRedis' | 'workersToRedis', isIntake: boolean): Mishap => ({
  name,
  run: async ({ stage, random, onIntakeBack }) => {
    const end = await stage.links[which].fail(random.pick(FAULTS))
    try {
      await wait(random.between(...LASTS_MS))
    } finally {
      await end()
    }
    if (isIntake) onIntakeBack(await untilIntakeIsBack(stage))
  },
})

export const MISHAPS_OF_REDIS: readonly Mishap[] = [
  {
    name: 'Redis killed and started',
    run: async ({ stage, onIntakeBack }) => {
      onIntakeBack(await whileRedisIsGone(stage, stage.redis.kill))
    },
  },
  {
    name: 'Redis stopped and started',
    run: async ({ stage, onIntakeBack }) => {
      onIntakeBack(await whileRedisIsGone(stage, stage.redis.stop))
    },
  },
  {
    name: 'file of Redis cut',
    run: async ({ stage, onIntakeBack }) => {
      onIntakeBack(await cutFile(stage))
    },
  },
  {
    name: 'Redis demoted',
    run: async ({ stage, random, onIntakeBack }) => {
      onIntakeBack(await demote(stage, random.between(...HOLE_MS)))
    },
  },
  {
    name: 'Redis full',
    run: async ({ stage, random, onIntakeBack }) => {
      onIntakeBack(await fillUp(stage, 0, random.between(...LASTS_MS)))
    },
  },
  { name: 'Redis asleep', run: ({ stage }) => putToSleep(stage) },
  {
    name: 'Redis silent',
    run: async ({ stage, random, onIntakeBack }) => {
      const forMs = random.next() < LONG_SHARE ? LONG_HOLE_MS : random.between(...HOLE_MS)
      onIntakeBack(await silence(stage, forMs))
    },
  },
  {
    name: 'connections killed',
    run: async ({ stage }) => {
      await killConnections(stage)
    },
  },
  { name: 'scripts flushed', run: ({ stage }) => flushScripts(stage) },
  onLink('link of the producers to Redis', 'producersToRedis', true),
  onLink('link of the workers to Redis', 'workersToRedis', false),
]
