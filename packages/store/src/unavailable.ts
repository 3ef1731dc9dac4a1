/**
 * What an error of Redis means: that it cannot take something now, or that somebody made a mistake.
 *
 * Every shape has words of its own for a lost connection: one server, sentinels and a cluster are all read here.
 */

const REFUSALS =
  'EXECABORT|OOM|READONLY|LOADING|MISCONF|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY|UNKILLABLE|UNBLOCKED|MOVED|ASK|NOAUTH|WRONGPASS'
const UNAVAILABLE_REPLY = new RegExp(`^(${REFUSALS})\\b`)
/** How Redis 6.2 words it when a script meets it. */
const REFUSED_IN_SCRIPT = /^ERR Error running script.* -(OOM|READONLY|MISCONF|NOREPLICAS)\b/
/** A script looked for a key that has travelled, with the slot of all keys, to another master already. */
const SLOT_TRAVELS = /^ERR Script attempted to access a non local key\b/

const UNAVAILABLE_CONNECTION = new RegExp(
  `^(${[
    'Connection is closed',
    "Stream isn't writeable",
    'Command timed out',
    'Command aborted due to connection close',
    'connect ETIMEDOUT',
    'Socket timeout',
    'All sentinels are unreachable',
    "Cluster isn't ready",
    'Cluster is (ended|disconnected|disconnecting)',
    'None of startup nodes is available',
    'Too many Cluster redirections',
  ].join('|')})`,
)

const UNAVAILABLE_NAMES: ReadonlySet<string> = new Set([
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'TooFewReplicasError',
])

const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])

/** Recorded, but by fewer replicas in time than a promise wants: whoever asked must ask again. */
export class TooFewReplicasError extends Error {
  override readonly name = 'TooFewReplicasError'
}

/** Whether an error is an answer of Redis rather than a lost connection, which the connection itself tells of. */
export function isRedisReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Whether the server is a replica now, though it was the master: another one is to be found. */
export function isDemoted({ message }: Error): boolean {
  return message.startsWith('READONLY') || /^ERR Error running script.* -READONLY\b/.test(message)
}

/**
 * Whether an error means "Redis cannot take this now" rather than a bug: a lost or silent connection,
 * or an answer such as OOM, READONLY, LOADING.
 */
export function isStoreUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'ReplyError')
    return [UNAVAILABLE_REPLY, REFUSED_IN_SCRIPT, SLOT_TRAVELS].some((words) => words.test(error.message))
  if (UNAVAILABLE_NAMES.has(error.name) || UNAVAILABLE_CONNECTION.test(error.message)) return true
  return 'code' in error && SOCKET_CODES.has(String(error.code)) && 'syscall' in error
}
