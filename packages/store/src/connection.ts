/**
 * Connections to Redis, one kind per need.
 *
 * Owns how long a command may wait. A producer must answer its caller, so its commands fail within
 * `COMMAND_TIMEOUT_MS`; a worker holds an outcome that must not be lost, so its commands wait for Redis to come back.
 */
import { Redis, type Cluster } from 'ioredis'

export type RedisClient = Redis | Cluster

/** A producer's command fails after this long; with the HTTP work around it a caller has its 503 within 2 s. */
const COMMAND_TIMEOUT_MS = 1_500

/** A connection that is silent this long while a reply is due is dropped and made anew. */
const FAIL_FAST_SILENCE_MS = 2_000
/** Longer than BullMQ's blocking read (5 s), which is silent by design. */
const PATIENT_SILENCE_MS = 15_000

/** Reconnect quickly at first, and never wait so long that recovery is late: intake is back within 2 s of Redis. */
const retryStrategy = (times: number) => Math.min(50 * times, 500)

/** A demoted master answers READONLY: reconnecting finds the new one. 2 also sends the command again. */
const reconnectOnError = (error: Error) => (error.message.startsWith('READONLY') ? 1 : false)
const reconnectAndResend = (error: Error) => (error.message.startsWith('READONLY') ? 2 : false)

const COMMON = {
  retryStrategy,
  connectTimeout: 2_000,
  enableReadyCheck: true,
}

export type Patience = 'fail-fast' | 'patient'

/**
 * Opens a connection; it reconnects by itself for ever.
 *
 * @param patience `fail-fast` for those who must answer a caller, `patient` for those who must not lose an outcome
 * @param onError told of each connection error once per outage, not once per retry
 */
export function connectRedis(url: string, patience: Patience, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, patience === 'fail-fast' ? failFast() : patient())
  let outage = false
  redis.on('error', (error: Error) => {
    if (!outage) onError(error)
    outage = true
  })
  redis.on('ready', () => {
    outage = false
  })
  return redis
}

function failFast() {
  return {
    ...COMMON,
    reconnectOnError,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: FAIL_FAST_SILENCE_MS,
  }
}

function patient() {
  return {
    ...COMMON,
    reconnectOnError: reconnectAndResend,
    maxRetriesPerRequest: null,
    socketTimeout: PATIENT_SILENCE_MS,
  }
}

/** Resolves when Redis answers; calls `onWaiting` once if it does not at first. Never gives up. */
export async function waitForRedis(redis: Redis, onWaiting: () => void): Promise<void> {
  if (redis.status === 'ready') return
  const timer = setTimeout(onWaiting, 300)
  try {
    await new Promise<void>((resolve) => redis.once('ready', resolve))
  } finally {
    clearTimeout(timer)
  }
}

const UNAVAILABLE_REPLY =
  /^(EXECABORT|OOM|READONLY|LOADING|MISCONF|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY|UNKILLABLE|MOVED|ASK|NOAUTH|WRONGPASS)\b/
/** How Redis 6.2 words it. */
const OOM_IN_SCRIPT = /^ERR Error running script.* -OOM\b/
const UNAVAILABLE_CONNECTION =
  /^(Connection is closed|Stream isn't writeable|Command timed out|connect ETIMEDOUT|Socket timeout)/

/** Whether an error is an answer of Redis rather than a lost connection, which the connection itself tells of. */
export function isRedisReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}

/**
 * Whether an error means "Redis cannot take this now" rather than a bug: a lost or silent connection,
 * or an answer such as OOM, READONLY, LOADING.
 */
export function isStoreUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'ReplyError')
    return UNAVAILABLE_REPLY.test(error.message) || OOM_IN_SCRIPT.test(error.message)
  if (error.name === 'MaxRetriesPerRequestError' || error.name === 'ClusterAllFailedError') return true
  if (UNAVAILABLE_CONNECTION.test(error.message)) return true
  return (
    'code' in error &&
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'].includes(
      String(error.code),
    ) &&
    'syscall' in error
  )
}
