/** The suites, in the order in which they run. */
import { backlog } from './backlog.ts'
import { delivery } from './delivery.ts'
import { intake } from './intake.ts'
import { isolation } from './isolation.ts'
import { latency } from './latency.ts'
import { memory } from './memory.ts'
import { scaling } from './scaling.ts'
import { start } from './start.ts'
import type { Suite } from './suite.ts'

export const SUITES: readonly Suite[] = [
  intake,
  delivery,
  latency,
  isolation,
  backlog,
  memory,
  start,
  scaling,
]
