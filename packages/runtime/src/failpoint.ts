/**
 * Failpoints: named places where a test has the process struck by a signal, to prove that what follows is made good.
 *
 * Owns the list of the points that have a name, and the one strike of a process. Besides these every call of a script is a
 * point before and a point behind it (packages/store, script-calls.ts).
 *
 * Off, passing a point is a call of an empty function with a constant: nothing is compared, counted or put together. On
 * (`MANIFOLD_FAILPOINT=after:settle-deliveries=stop@25`), the process sends itself the signal at that passing, and first writes
 * a line that says when: SIGKILL as a crash would, SIGTERM as an operator would, SIGSTOP to stand still until somebody
 * sends SIGCONT. Process-wide, as the signal is.
 */
import { writeSync } from 'node:fs'

/** Every point with a name, and where it is. */
export const FAILPOINTS = {
  recorded: 'producer: an event is recorded, and its caller not answered yet',
  enqueueing: 'producer: accepted events are answered, and none of their jobs is on a queue',
  enqueued: 'producer: the jobs are on their queues, and the outbox is not confirmed',
  replaying: 'producer: in the middle of a bulk replay, behind each dead letter that was reopened',
  forgetting: "janitor: an event's dead letters are off their queue, and its record is still there",
  relaying: 'relay: entries were found on the outbox, and nothing was done about them',
  relayed: 'relay: what was found is enqueued and confirmed',
  reconciling: 'relay, replay, discard and cancel: the record is changed and read, nothing is enqueued',
  reconciled:
    'relay, replay, discard and cancel: the jobs are on their queues, and the outbox is not confirmed',
  claimed: 'worker: a delivery is claimed, and nothing is sent',
  sending: 'worker: right before the downstream request',
  during: 'worker: the request has left, and its answer is not there',
  sent: 'worker: the answer is there, and nothing is settled',
  settled: 'worker: the record is settled, and the queue does not know',
  burying: 'worker: a dead letter is in the record, and not on its queue',
  buried: 'worker: a dead letter is on its queue, and its job is still there',
  ending: 'worker: what became of a job is known, and BullMQ is not told',
  ended: 'worker: BullMQ has finished or moved the job',
} as const satisfies Readonly<Record<string, string>>

export type Failpoint = keyof typeof FAILPOINTS

/** What is to happen to this process, where, and at which passing. */
export type Strike = {
  readonly point: string
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP'
  /** From 1. */
  readonly passing: number
}

/** The scripts a process may call, and how to be told of each call: `before:<script>` and `after:<script>`. */
export type ScriptCalls = {
  readonly names: () => readonly string[]
  readonly watch: (onPassed: (point: string) => void) => void
}

let onPassed: (point: string) => void = () => undefined

/** Passes a point. Does nothing unless a test has armed it. */
export function failpoint(name: Failpoint): void {
  onPassed(name)
}

/**
 * Arms this process, if there is anything to arm; once, before it does any work.
 * @throws naming the points there are when it is none of them
 */
export function armFailpoint(strike: Strike | undefined, scripts: ScriptCalls): void {
  if (strike === undefined) return
  const points = [
    ...Object.keys(FAILPOINTS),
    ...scripts.names().flatMap((name) => [`before:${name}`, `after:${name}`]),
  ]
  if (!points.includes(strike.point))
    throw new Error(
      `MANIFOLD_FAILPOINT: there is no point "${strike.point}"; there are: ${points.join(', ')}`,
    )
  let passings = 0
  onPassed = (point) => {
    if (point !== strike.point || ++passings !== strike.passing) return
    writeSync(2, `${JSON.stringify({ failpoint: point, signal: strike.signal, atMs: Date.now() })}\n`)
    process.kill(process.pid, strike.signal)
  }
  scripts.watch(onPassed)
}
