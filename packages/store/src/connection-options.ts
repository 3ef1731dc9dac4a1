/**
 * How the client library is told what a connection may do: how long a command may wait, and how Redis is found again, in
 * each of its shapes.
 *
 * Invariants
 * 1. A fail-fast command ends within `COMMAND_TIMEOUT_MS`, and is never sent by itself again behind a lost connection.
 * 2. A patient command waits for Redis, whatever becomes of servers and connections meanwhile.
 */
import type { RedisAddress } from '@manifold/domain'
import type { ClusterOptions, RedisOptions } from 'ioredis'
import { isDemoted } from './unavailable.ts'

export type Patience = 'fail-fast' | 'patient'

/** A producer's command fails after this long; with the HTTP work around it a caller has its 503 within 2 s. */
const COMMAND_TIMEOUT_MS = 1_500

/** A connection that is silent this long while a reply is due is dropped and made anew: its command has failed by then. */
const FAIL_FAST_SILENCE_MS = COMMAND_TIMEOUT_MS
/** Longer than BullMQ's blocking read (5 s), which is silent by design. */
const PATIENT_SILENCE_MS = 15_000

/** One that does not answer is not waited for: the others may know. */
const SENTINEL_MS = 1_000

/** How soon a command goes again to a cluster that is between two masters, or moves the slot. */
const CLUSTER_RETRY_MS = 100
/** What shares a wait for replicas may stand behind one that is tried so often. */
const FAIL_FAST_TRIES = 6
/** Two nodes that each name the other one are not asked as fast as they answer. */
const MOVED_RETRY_MS = 20

/** Reconnect quickly at first, and never wait so long that recovery is late. */
const retryStrategy = (times: number) => Math.min(50 * times, 500)

/** Intake is back within 2 s of Redis, also when the last try before was swallowed and has to fall silent first. */
const failFastRetryStrategy = (times: number) => Math.min(50 * times, 200)

/** A demoted master answers READONLY: reconnecting finds the new one. 2 also sends the command again. */
const reconnectOnError = (error: Error) => (isDemoted(error) ? 1 : false)
const reconnectAndResend = (error: Error) => (isDemoted(error) ? 2 : false)

/**
 * A Redis that reads its file says how long it may still take, in whole seconds and often far too much, and the client library
 * would not look again before: up to 10 s after the last byte was read. Between two looks nothing is asked, so that neither a
 * command nor a silent connection runs out of time.
 */
const LOADING_RETRY_MS = 200

const COMMON = {
  retryStrategy,
  connectTimeout: 2_000,
  enableReadyCheck: true,
  maxLoadingRetryTime: LOADING_RETRY_MS,
}

/** Of a connection to one server. */
export function serverOptions(patience: Patience) {
  if (patience === 'patient') {
    return {
      ...COMMON,
      reconnectOnError: reconnectAndResend,
      maxRetriesPerRequest: null,
      socketTimeout: PATIENT_SILENCE_MS,
    } satisfies RedisOptions
  }
  return {
    ...COMMON,
    retryStrategy: failFastRetryStrategy,
    connectTimeout: FAIL_FAST_SILENCE_MS,
    reconnectOnError,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: FAIL_FAST_SILENCE_MS,
  } satisfies RedisOptions
}

/** Of a connection to the master that sentinels name. */
export function sentinelOptions(address: Extract<RedisAddress, { kind: 'sentinel' }>, patience: Patience) {
  const { sentinels, master, sentinelPassword, tls } = address
  return {
    ...serverOptions(patience),
    ...loginOf(address),
    sentinels: sentinels.map((node) => ({ ...node })),
    name: master,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelRetryStrategy: retryStrategy,
    sentinelCommandTimeout: SENTINEL_MS,
  } satisfies RedisOptions
}

/** Of connections to a cluster: one to each node that is spoken to. */
export function clusterOptions(address: Extract<RedisAddress, { kind: 'cluster' }>, patience: Patience) {
  return {
    redisOptions: { ...serverOptions(patience), ...loginOf(address) },
    clusterRetryStrategy: retryStrategy,
    enableOfflineQueue: patience === 'patient',
    maxRedirections: patience === 'patient' ? Infinity : FAIL_FAST_TRIES,
    retryDelayOnMoved: MOVED_RETRY_MS,
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    retryDelayOnTryAgain: CLUSTER_RETRY_MS,
    // Certificates are for names, not for what they resolve to.
    ...(address.tls ? { dnsLookup: keepName } : {}),
  } satisfies ClusterOptions
}

const keepName: ClusterOptions['dnsLookup'] = (host, done) => {
  done(null, host)
}

function loginOf({ username, password, tls }: Exclude<RedisAddress, { kind: 'single' }>) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  }
}
