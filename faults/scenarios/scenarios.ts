/** All scenarios, in the order they run in: parts, Redis, targets, callers, operators. */
import { bulkReplayKilled } from './bulk-replay-killed.ts'
import { clockWrong } from './clock-wrong.ts'
import { clusterMasterLost } from './cluster-master-lost.ts'
import { clusterSlotMoved } from './cluster-slot-moved.ts'
import { concurrentDuplicates } from './concurrent-duplicates.ts'
import { configReloaded } from './config-reloaded.ts'
import { connectionsKilled } from './connections-killed.ts'
import { discardedInBulk } from './discarded-in-bulk.ts'
import { discardedWhileReplayed } from './discarded-while-replayed.ts'
import { dns } from './dns.ts'
import { goneAfterSending } from './gone-after-sending.ts'
import { halfSent } from './half-sent.ts'
import { linksOfProducers } from './links-of-producers.ts'
import { linksOfTargets } from './links-of-targets.ts'
import { linksOfWorkers } from './links-of-workers.ts'
import { pipelined } from './pipelined.ts'
import { producerKilled } from './producer-killed.ts'
import { redisDemoted } from './redis-demoted.ts'
import { redisFileCut } from './redis-file-cut.ts'
import { redisFull } from './redis-full.ts'
import { redisKilled } from './redis-killed.ts'
import { redisRestarted } from './redis-restarted.ts'
import { redisSilent } from './redis-silent.ts'
import { redisSlow } from './redis-slow.ts'
import { replayedTwice } from './replayed-twice.ts'
import type { Scenario } from './scenario.ts'
import { scriptsFlushed } from './scripts-flushed.ts'
import { sentinelFailover } from './sentinel-failover.ts'
import { frozenAtEveryPoint, killedAtEveryPoint, stoppedAtEveryPoint } from './struck-at-every-point.ts'
import { targetCuts } from './target-cuts.ts'
import { targetDown } from './target-down.ts'
import { targetHuge } from './target-huge.ts'
import { targetMoody } from './target-moody.ts'
import { targetFlapping } from './target-flapping.ts'
import { targetRemoved } from './target-removed.ts'
import { targetPaused } from './target-paused.ts'
import { targetTls } from './target-tls.ts'
import { throttledForAYear } from './throttled-for-a-year.ts'
import { throttleStorm } from './throttle-storm.ts'
import { workerFrozen } from './worker-frozen.ts'
import { workerKilled } from './worker-killed.ts'
import { workerStopped } from './worker-stopped.ts'

export const SCENARIOS: readonly Scenario[] = [
  workerKilled,
  producerKilled,
  workerFrozen,
  workerStopped,
  killedAtEveryPoint,
  stoppedAtEveryPoint,
  frozenAtEveryPoint,
  redisKilled,
  redisRestarted,
  redisSilent,
  connectionsKilled,
  scriptsFlushed,
  redisSlow,
  redisFull,
  redisFileCut,
  redisDemoted,
  sentinelFailover,
  clusterSlotMoved,
  clusterMasterLost,
  linksOfProducers,
  linksOfWorkers,
  linksOfTargets,
  targetFlapping,
  targetCuts,
  targetMoody,
  targetHuge,
  targetTls,
  dns,
  throttleStorm,
  throttledForAYear,
  targetDown,
  concurrentDuplicates,
  halfSent,
  goneAfterSending,
  pipelined,
  targetPaused,
  discardedWhileReplayed,
  discardedInBulk,
  replayedTwice,
  bulkReplayKilled,
  targetRemoved,
  configReloaded,
  clockWrong,
]
