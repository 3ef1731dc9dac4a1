/**
 * The check: compares what the ledger, the receiver and Manifold say, rule by rule. Pure.
 *
 * It shares no code with what it judges: the words of the HTTP contract are spelled out here once more.
 */
import { gather, type Evidence, type Testimony } from './evidence.ts'
import type { Finding } from './finding.ts'
import { findBeyondLimits } from './rules/limits.ts'
import { findAttemptsDisagreeing } from './rules/attempts.ts'
import { findBodiesDiffering } from './rules/bodies.ts'
import { findDeadWithoutCause } from './rules/dead-without-cause.ts'
import { findDuplicated } from './rules/duplicated.ts'
import { findFirstTriedTooLate } from './rules/first-tries.ts'
import { findLost } from './rules/lost.ts'
import { findNotPromised } from './rules/not-promised.ts'
import { findOutboxNotEmpty } from './rules/outbox.ts'
import { findQueuesDisagreeing } from './rules/queues.ts'
import { findBadRetryTimes } from './rules/retry-times.ts'
import { findStuck } from './rules/stuck.ts'
import { findWrongStatus } from './rules/wrong-status.ts'

const RULES: readonly ((evidence: Evidence) => Finding[])[] = [
  findLost,
  findStuck,
  findDuplicated,
  findWrongStatus,
  findDeadWithoutCause,
  findBadRetryTimes,
  findFirstTriedTooLate,
  findBeyondLimits,
  findNotPromised,
  findAttemptsDisagreeing,
  findBodiesDiffering,
  findQueuesDisagreeing,
  findOutboxNotEmpty,
]

/** @returns everything that is not as it was promised; nothing when all is well */
export function check(testimony: Testimony): Finding[] {
  const evidence = gather(testimony)
  return RULES.flatMap((rule) => rule(evidence))
}
