/**
 * A worker's process for the suspects of one target: started for the first one, and ended soon after the last.
 *
 * Owns its life and what its end means for the delivery it was trying. Whether that is poison is judged in packages/domain.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CRASHES_OF_POISON, judgeCrashes, type Crash, type DeliveryRef, type Target } from '@manifold/domain'
import type { Claim } from '@manifold/store'
import { NO_ATTEMPT, type AttemptSpan, type CallSpan } from '@manifold/tracing'
import type { Tried } from '../attempt.ts'
import type { CallNote, Order, Report } from './messages.ts'

export type Alone = {
  /** Takes the only place. @returns how to give it back; `undefined` when another suspect has it */
  readonly enter: () => (() => void) | undefined
  /**
   * Tries the delivery in a process that does nothing else; in a new one when that ended. The calls that it makes are recorded
   * in `span`, as it records nothing itself. Rejects when none can be started.
   */
  readonly attempt: (
    ref: DeliveryRef,
    claim: Claim,
    stopping: AbortSignal,
    span?: AttemptSpan,
  ) => Promise<Tried>
  /** How long that may take. */
  readonly longestMs: number
  readonly close: () => void
}

const ENTRY = fileURLToPath(new URL('main.ts', import.meta.url))

/** What a process may take until it is ready. */
const START_MS = 15_000

/** How much longer than an attempt its process may be silent: whatever keeps it from heeding the deadline is as bad as its end. */
const SILENT_MS = 2_000

/** Suspects come in flocks: how long the process waits for the next. */
const IDLE_MS = 3_000

type Running = { readonly child: ChildProcess; readonly ended: Promise<string> }

/**
 * @param redisNow milliseconds by Redis's clock
 * @param entry the program of the process; a test's own instead of main.ts
 */
export function createAlone(
  target: Pick<Target, 'name' | 'timeoutMs'>,
  redisNow: () => number,
  entry = ENTRY,
): Alone {
  let running: Running | undefined
  let taken = false
  let idle: NodeJS.Timeout | undefined

  const end = () => {
    running?.child.kill('SIGKILL')
    running = undefined
  }

  const start = async (): Promise<Running> => {
    const child = fork(entry, [target.name], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const started: Running = { child, ended: endOf(child) }
    const first = await firstOf(started, START_MS)
    if (typeof first === 'string' || first.kind !== 'ready') {
      child.kill('SIGKILL')
      const why = typeof first === 'string' ? first : first.kind
      throw new Error(`the process to try a suspect of ${target.name} alone did not start: ${why}`)
    }
    // It may also end between two suspects.
    void started.ended.then(() => {
      if (running === started) running = undefined
    })
    return started
  }

  const tryOnce = async (order: Order, stopping: AbortSignal, span: AttemptSpan): Promise<Tried | Crash> => {
    running ??= await start()
    const calls = followCalls(running.child, span)
    const coming = firstOf(running, target.timeoutMs + SILENT_MS, stopping).finally(() => {
      calls.stop(stopping.aborted ? 'interrupted' : 'worker-crashed')
    })
    // What goes wrong with sending is seen by its end.
    running.child.send(order, () => undefined)
    const report = await coming
    if (typeof report === 'object' && report.kind === 'tried') return report.tried
    end()
    if (stopping.aborted) return { kind: 'interrupted' }
    if (typeof report === 'string') return { how: report }
    throw new Error(report.kind === 'failed' ? report.error : `an unexpected report: ${report.kind}`)
  }

  return {
    longestMs: CRASHES_OF_POISON * (START_MS + target.timeoutMs + SILENT_MS),
    enter: () => {
      if (taken) return undefined
      taken = true
      clearTimeout(idle)
      return () => {
        taken = false
        idle = setTimeout(end, IDLE_MS).unref()
      }
    },
    attempt: async (ref, claim, stopping, span = NO_ATTEMPT) => {
      for (const crashes: Crash[] = []; ;) {
        const order = { ref, claim, redisNowMs: redisNow(), spanId: span.spanId }
        const came = await tryOnce(order, stopping, span)
        if ('kind' in came) return came
        crashes.push(came)
        const judged = judgeCrashes(crashes)
        if (judged !== undefined) return { kind: 'tried', httpStatus: null, signal: 'neutral', ...judged }
      }
    },
    close: () => {
      clearTimeout(idle)
      end()
    },
  }
}

/** Records the calls that a process tells of, as they begin and end. @returns how to stop; one that is under way then failed */
function followCalls(child: ChildProcess, span: AttemptSpan): { readonly stop: (reason: string) => void } {
  let call: CallSpan | undefined
  const note = (message: Report | CallNote) => {
    if (message.kind === 'called') call = span.startCall(message.call)
    else if (message.kind === 'returned') {
      call?.end(message.result)
      call = undefined
    }
  }
  child.on('message', note)
  return {
    stop: (reason) => {
      child.off('message', note)
      call?.end({ kind: 'failed', reason })
    },
  }
}

/** The next report of a process; else, in words, how it ended, or that it was silent for too long, or is not waited for any more. */
async function firstOf(
  { child, ended }: Running,
  longestMs: number,
  stopping?: AbortSignal,
): Promise<Report | string> {
  const over = new AbortController()
  const { signal } = over
  const report = nextReport(child, signal)
  const silence = wait(longestMs, `no word for ${String(longestMs)} ms`, { signal })
  const stop = stopping === undefined ? [] : [untilAborted(stopping, signal)]
  try {
    return await Promise.race([report, ended, silence, ...stop])
  } finally {
    over.abort()
  }
}

/** What is told of calls is none. Never comes when none comes before the signal. */
function nextReport(child: ChildProcess, signal: AbortSignal): Promise<Report> {
  return new Promise((resolve) => {
    const look = (message: Report | CallNote) => {
      if (message.kind !== 'called' && message.kind !== 'returned') resolve(message)
    }
    child.on('message', look)
    signal.addEventListener('abort', () => child.off('message', look), { once: true })
  })
}

async function untilAborted(stopping: AbortSignal, signal: AbortSignal): Promise<string> {
  if (!stopping.aborted) await once(stopping, 'abort', { signal })
  return 'stopping'
}

/** Never rejects: also one that could not even be started has ended. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve(error.message)
    })
    child.on('exit', (code, end) => {
      resolve(end === null ? `exit code ${String(code)}` : `signal ${end}`)
    })
  })
}
