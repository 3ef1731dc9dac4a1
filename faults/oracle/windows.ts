/**
 * Windows: the times at which something was disturbed. Only they excuse a duplicate, or a retry that is late.
 */
import type { Policy } from './policy.ts'
import type { RequestLine } from './receiver-log.ts'

export type Window = {
  readonly what: string
  readonly fromMs: number
  readonly untilMs: number
  /**
   * `duplicates`: what was in flight may come again, and be unknown to the record (a kill, a lost Redis).
   * `answers`: an answer may have been lost on its way, so that it comes again; each request is an attempt all the same.
   * `lateness`: nothing was lost, only held up (an operator's pause, a target that is down).
   */
  readonly excuses: 'duplicates' | 'answers' | 'lateness'
  /** The reason for which deliveries may die meanwhile, though no answer of the receiver says so. */
  readonly kills?: 'blocked'
}

type Circumstances = { readonly windows: readonly Window[]; readonly policy: Policy }

/** How long after its answer a request's outcome may be on its way to the record. */
const SETTLE_MS = 1_000

/**
 * How long before the receiver sees it a request may have been sent: one that is seen behind a kill came before it. On a busy
 * machine a receiver that is given no processor finds a whole batch of them in its sockets, hundreds of milliseconds later.
 */
const ARRIVAL_MS = 1_000

/** An answer that comes so short before the worker's own deadline may come too late. */
const DEADLINE_MARGIN_MS = 250

type Times = Pick<RequestLine, 'atMs' | 'endedMs'>

/**
 * Whether what a request came to may never have been recorded: it was in flight while something was disturbed, or was
 * answered when the worker gave up.
 */
export function mayBeUnrecorded(request: Times, { windows, policy }: Circumstances): boolean {
  if (request.endedMs - request.atMs > policy.timeoutMs - DEADLINE_MARGIN_MS) return true
  return windows.some((window) => window.excuses !== 'lateness' && wasInFlight(request, window))
}

/** Whether a request may not even count as an attempt: whoever made it was gone, or could not write it down. */
export function mayBeUncounted(request: Times, { windows }: Circumstances): boolean {
  return windows.some((window) => window.excuses === 'duplicates' && wasInFlight(request, window))
}

function wasInFlight({ atMs, endedMs }: Times, { fromMs, untilMs }: Window): boolean {
  return atMs <= untilMs + ARRIVAL_MS && endedMs + SETTLE_MS >= fromMs
}

/** How much of a stretch of time was disturbed in any way. */
export function disturbedMs(fromMs: number, untilMs: number, windows: readonly Window[]): number {
  return windows.reduce(
    (sum, window) => sum + Math.max(0, Math.min(untilMs, window.untilMs) - Math.max(fromMs, window.fromMs)),
    0,
  )
}
