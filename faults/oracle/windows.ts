/**
 * Windows: the times at which something was disturbed. Only they excuse a duplicate, or a try that is late, and each only what
 * whatever was disturbed can have caused: callers of a producer that is killed notice it, and no target does.
 */
import type { Policy } from './policy.ts'
import type { RequestLine } from './receiver-log.ts'
import { coveredMs, type Stretch } from './stretches.ts'

export type Window = {
  readonly what: string
  readonly fromMs: number
  readonly untilMs: number
  /**
   * `duplicates`: what was in flight may come again, and be unknown to the record (a worker killed, a lost Redis).
   * `pause`: a worker stood still. What it had in hand may come again, and be sent by it at the end, though it is settled by then.
   * `answers`: an answer may have been lost on its way, so that it comes again; each request is an attempt all the same.
   * `lateness`: nothing was lost, only held up (an operator's pause, a target that is down).
   * `slowness`: the machine gave the driver, and so perhaps others, no processor. Everything may be that much later, no more.
   * `first-attempts`: only producers were disturbed: what they took may be tried late for the first time. Nothing comes twice.
   */
  readonly excuses: 'duplicates' | 'pause' | 'answers' | 'lateness' | 'slowness' | 'first-attempts'
  /** The reason for which deliveries may die meanwhile, though no answer of the receiver says so. */
  readonly kills?: 'blocked'
  /** The only target that notices; without, all may. */
  readonly target?: string
  /** The process that it was done to; without, something between or behind them. */
  readonly part?: string
}

type Circumstances = { readonly windows: readonly Window[]; readonly policy: Policy }

/** How long after its answer a request's outcome may be on its way to the record. */
const SETTLE_MS = 1_000

/**
 * How long before the receiver sees it a request may have been sent: one that is seen behind a kill came before it. On a busy
 * machine a receiver that is given no processor finds a whole batch of them in its sockets, hundreds of milliseconds later.
 */
export const ARRIVAL_MS = 1_000

/**
 * How long parts may take to find their way back when it is over: a connection made anew, and what waited for it sent. Things
 * are late for so long; but who has no connection claims nothing, so that nothing that begins then comes twice.
 */
export const RECOVERY_MS = 2_000

/** An answer that comes so short before the worker's own deadline may come too late. */
const DEADLINE_MARGIN_MS = 250

/** Of the time. */
const STARVED_SHARE = 0.2

type Times = Pick<RequestLine, 'atMs' | 'endedMs'>

/**
 * Whether what a request came to may never have been recorded: it was in flight while something was disturbed, or was
 * answered when the worker gave up.
 */
export function mayBeUnrecorded(request: Times, { windows, policy }: Circumstances): boolean {
  if (mayBeTooLate(request, { windows, policy })) return true
  return windows.some(
    (window) =>
      losesRecords(window, request) || (window.excuses === 'answers' && wasInFlight(request, window)),
  )
}

/** Its worker began at most its timeout before the answer; what the machine stood still since may be missing in what was seen. */
function mayBeTooLate({ atMs, endedMs }: Times, { windows, policy: { timeoutMs } }: Circumstances): boolean {
  const leastMs = timeoutMs - DEADLINE_MARGIN_MS - (endedMs - atMs)
  if (leastMs < 0) return true
  return coveredMs(endedMs - timeoutMs, atMs + timeoutMs, standstills(windows)) > leastMs
}

/** Whether a request may not even count as an attempt: whoever made it was gone, or could not write it down. */
export function mayBeUncounted(request: Times, { windows }: Circumstances): boolean {
  return windows.some((window) => losesRecords(window, request))
}

/** Whether a worker that stood still had it in hand while another made the earlier request, and sent it when it woke. */
export function mayBeSentOnWaking(earlier: Times, next: Times, windows: readonly Window[]): boolean {
  return windows.some(
    ({ excuses, fromMs, untilMs }) =>
      excuses === 'pause' &&
      earlier.endedMs + SETTLE_MS >= fromMs &&
      next.atMs >= untilMs &&
      next.atMs <= untilMs + ARRIVAL_MS,
  )
}

function losesRecords({ excuses, fromMs, untilMs }: Window, request: Times): boolean {
  switch (excuses) {
    case 'duplicates':
      return wasInFlight(request, { fromMs, untilMs })
    case 'pause':
      // The others went on meanwhile, and nothing kept them from it.
      return [fromMs, untilMs].some((atMs) => wasInFlight(request, { fromMs: atMs, untilMs: atMs }))
    case 'answers':
    case 'lateness':
    case 'slowness':
    case 'first-attempts':
      return false
    default:
      return excuses satisfies never
  }
}

function wasInFlight({ atMs, endedMs }: Times, { fromMs, untilMs }: Stretch): boolean {
  return atMs <= untilMs + ARRIVAL_MS && endedMs + SETTLE_MS >= fromMs
}

/** When deliveries to a target that wait, or are tried again, may be held up; with `first` those not tried yet, too. */
export function holdUps(windows: readonly Window[], target: string, first?: 'first'): Stretch[] {
  return windows
    .filter((window) => window.target === undefined || window.target === target)
    .filter(({ excuses }) => excuses !== 'slowness' && (first === 'first' || excuses !== 'first-attempts'))
    .map(({ fromMs, untilMs }) => ({ fromMs, untilMs: untilMs > fromMs ? untilMs + RECOVERY_MS : untilMs }))
}

/** When the machine stood still. */
export function standstills(windows: readonly Window[]): Stretch[] {
  return windows.filter(({ excuses }) => excuses === 'slowness')
}

/** Whether anything was disturbed between two moments: at once before the first, too, as its outcome was on its way then. */
export function isDisturbed(fromMs: number, untilMs: number, held: readonly Stretch[]): boolean {
  return held.some((one) => one.fromMs <= untilMs + ARRIVAL_MS && one.untilMs >= fromMs - SETTLE_MS)
}

/**
 * Whether the machine stood still for so much of a time that workers may have lost their locks, as if they had been stopped: what
 * one driver sees of it is the least of it.
 */
export function isStarved(fromMs: number, untilMs: number, stood: readonly Stretch[]): boolean {
  return coveredMs(fromMs, untilMs, stood) >= STARVED_SHARE * (untilMs - fromMs)
}

/** How much of a stretch of time a target's deliveries were held up in any way. */
export function disturbedMs(
  fromMs: number,
  untilMs: number,
  windows: readonly Window[],
  target: string,
): number {
  return coveredMs(fromMs, untilMs, [...holdUps(windows, target), ...standstills(windows)])
}
