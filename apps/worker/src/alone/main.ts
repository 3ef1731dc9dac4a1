/**
 * The process for suspects: tries one delivery at a time and does nothing else, so that its end tells which one it was.
 *
 * Started by a worker (process.ts), and gone with it. It neither claims nor settles: it never speaks to Redis.
 */
import { everyTarget, hideRevealedSecrets, loadConfig, readSettings } from '@manifold/config'
import { createTargetClient } from '@manifold/delivery'
import { createLogger, endWithParent, failToStart, VERSION } from '@manifold/runtime'
import { NO_ATTEMPT, type AttemptSpan, type CallResult } from '@manifold/tracing'
import { attempt } from '../attempt.ts'
import { handlerLogger } from '../handler-logger.ts'
import type { CallNote, Order, Report } from './messages.ts'

endWithParent()
// Who stops the worker may signal its whole group: that is not the delivery's doing. The worker ends this process in time.
process.on('SIGINT', ignore).on('SIGTERM', ignore)
const [name = ''] = process.argv.slice(2)
const settings = readSettings()
const logger = createLogger(`worker:${name}:alone`, settings.logLevel, undefined, hideRevealedSecrets)
const target = await loadConfig(settings.configPath).then(
  (config) => everyTarget(config).find((one) => one.name === name),
  (error: unknown) => failToStart(error, hideRevealedSecrets),
)
if (target === undefined) throw new Error(`no target "${name}" in ${settings.configPath} any more`)

let redisAheadMs = 0
const deps = {
  target,
  client: createTargetClient(target),
  userAgent: `manifold/${VERSION}`,
  now: Date.now,
  redisNow: () => Date.now() + redisAheadMs,
  handlerLogger: handlerLogger(logger, name),
}
// The worker ends this process when it stops.
const neverStopping = new AbortController().signal

function ignore(): void {
  // The default would end it.
}

const tell = (report: Report | CallNote) => process.send?.(report)

/** The worker records what is told here. */
function toldSpan(spanId: string): AttemptSpan {
  return {
    spanId,
    startCall: ({ method, url, headers }) => {
      const { traceparent } = headers
      const call = {
        method,
        url: new URL(url).origin,
        headers: traceparent === undefined ? {} : { traceparent },
      }
      tell({ kind: 'called', call })
      return {
        end: (result) => {
          tell({ kind: 'returned', result: shortened(result) })
        },
      }
    },
    end: () => undefined,
  }
}

function shortened(result: CallResult): CallResult {
  if (result.kind !== 'answered') return result
  return { kind: 'answered', response: { status: result.response.status } }
}

process.on('message', ({ ref, claim, redisNowMs, spanId }: Order) => {
  redisAheadMs = redisNowMs - Date.now()
  const span = spanId === undefined ? NO_ATTEMPT : toldSpan(spanId)
  attempt(deps, ref, claim, neverStopping, span).then(
    (tried) => tell({ kind: 'tried', tried }),
    (error: unknown) =>
      tell({ kind: 'failed', error: error instanceof Error ? error.message : String(error) }),
  )
})
tell({ kind: 'ready' })
