/** Settling: waits until the system is at rest, or has had its time, and has the oracle judge what is there. */
import { setTimeout as wait } from 'node:timers/promises'
import { check } from '../oracle/check.ts'
import type { Finding } from '../oracle/finding.ts'
import { readLedger } from '../oracle/ledger.ts'
import { openLook, type LookAddress, type RedisSeen } from '../oracle/look-at-redis.ts'
import type { Policy } from '../oracle/policy.ts'
import { readReceiverLog, type RequestLine } from '../oracle/receiver-log.ts'
import { takeSnapshot } from '../oracle/take-snapshot.ts'
import type { Window } from '../oracle/windows.ts'
import type { Receiver } from './receiver.ts'
import { TARGETS } from './targets.ts'

export type SettleOptions = {
  readonly origin: string
  readonly look: LookAddress
  readonly ledgerFile: string
  readonly receiver: Receiver
  readonly windows: () => readonly Window[]
  readonly policy: Policy
  readonly limitMs: number
}

export type Settled = {
  readonly findings: readonly Finding[]
  readonly events: number
  readonly deliveries: number
  readonly requests: readonly RequestLine[]
  /** Deliveries that came again though they had been taken, each excused by a disturbance. */
  readonly duplicates: number
  /** Deliveries that were opened again. */
  readonly replayed: ReadonlySet<string>
  /** How long the system took to come to rest. */
  readonly restedMs: number
}

const LOOK_MS = 100

/** Waits and judges. */
export async function settle(options: SettleOptions): Promise<Settled> {
  const { receiver, ledgerFile, policy } = options
  const startedMs = performance.now()
  const redis = openLook(options.look, TARGETS)
  try {
    const deadlineMs = performance.now() + options.limitMs
    while (!isAtRest(await redis.look()) && performance.now() < deadlineMs) await wait(LOOK_MS)
    const restedMs = performance.now() - startedMs
    const ledger = readLedger(ledgerFile)
    const eventIds = ledger.filter((line) => line.kind === 'accepted').map(({ eventId }) => eventId)
    const snapshot = await takeSnapshot({ origin: options.origin, redis, eventIds: [...new Set(eventIds)] })
    await receiver.flush()
    const requests = readReceiverLog(receiver.logFile)
    const findings = check({ ledger, requests, snapshot, windows: options.windows(), policy })
    return {
      findings,
      events: snapshot.events.size,
      deliveries: [...snapshot.events.values()].reduce((sum, event) => sum + event.deliveries.length, 0),
      requests,
      duplicates: countDuplicates(requests),
      replayed: new Set(
        [...snapshot.events.values()]
          .flatMap((event) => event.deliveries)
          .filter(({ generation }) => generation > 1)
          .map(({ id }) => id),
      ),
      restedMs,
    }
  } finally {
    await redis.close()
  }
}

function isAtRest({ queues, outbox }: RedisSeen): boolean {
  return outbox === 0 && queues.every(({ jobs, backlog }) => jobs === 0 && backlog === 0)
}

function countDuplicates(requests: readonly RequestLine[]): number {
  const taken = requests.filter(({ status }) => status !== null && status < 300)
  return taken.length - new Set(taken.map(({ deliveryId }) => deliveryId)).size
}
