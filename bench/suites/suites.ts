/** The suites, in the order in which they run. */
import { delivery } from './delivery.ts'
import { intake } from './intake.ts'
import { isolation } from './isolation.ts'
import { latency } from './latency.ts'
import { start } from './start.ts'
import type { Suite } from './suite.ts'

export const SUITES: readonly Suite[] = [intake, delivery, latency, isolation, start]
