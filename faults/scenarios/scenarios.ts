/** All scenarios, in the order they run in. */
import { producerKilled } from './producer-killed.ts'
import { redisKilled } from './redis-killed.ts'
import type { Scenario } from './scenario.ts'
import { workerFrozen } from './worker-frozen.ts'
import { workerKilled } from './worker-killed.ts'
import { workerStopped } from './worker-stopped.ts'

export const SCENARIOS: readonly Scenario[] = [
  workerKilled,
  producerKilled,
  workerFrozen,
  workerStopped,
  redisKilled,
]
