/**
 * Strikes: what a part says when its failpoint is passed (packages/runtime), noted as a disturbance that begins at that moment.
 *
 * Not at its arming, nor when somebody sees it: the oracle excuses nothing that the strike did not do.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Part } from './part.ts'

const struckLine = z.object({
  failpoint: z.string(),
  signal: z.enum(['SIGKILL', 'SIGTERM', 'SIGSTOP']),
  atMs: z.number(),
})

export type Struck = {
  readonly atMs: number
  /** What was stopped goes on; what was killed, or asked to end, ends by itself. */
  readonly goOn: () => void
}

export type StrikeOptions = {
  readonly part: Part
  readonly leaveOut: (part: Part) => () => void
  readonly limitMs: number
}

const LOOK_MS = 50

/** Waits until an armed part is struck; `undefined` when that does not come in time, or when it ended otherwise. */
export async function awaitStrike({ part, leaveOut, limitMs }: StrikeOptions): Promise<Struck | undefined> {
  const deadlineMs = performance.now() + limitMs
  for (;;) {
    const alive = part.alive()
    const line = readStrike(part.output())
    if (line !== undefined) return note(part, line, leaveOut)
    if (!alive || performance.now() > deadlineMs) return undefined
    await wait(LOOK_MS)
  }
}

function readStrike(output: string): z.infer<typeof struckLine> | undefined {
  const text = /^\{"failpoint":[^\n]*\}$/m.exec(output)?.[0]
  return text === undefined ? undefined : struckLine.parse(JSON.parse(text))
}

async function note(
  part: Part,
  { failpoint, signal, atMs }: z.infer<typeof struckLine>,
  leaveOut: StrikeOptions['leaveOut'],
): Promise<Struck> {
  const what = `${signal} of ${part.name} at ${failpoint}`
  const nothing = () => undefined
  switch (signal) {
    case 'SIGKILL':
      part.disturbed.killed(what, atMs)
      await part.ended
      return { atMs, goOn: nothing }
    case 'SIGTERM': {
      const over = part.disturbed.stopping(what, atMs)
      void part.ended.then(over)
      return { atMs, goOn: nothing }
    }
    case 'SIGSTOP': {
      const over = part.disturbed.paused(what, atMs)
      const takeIn = leaveOut(part)
      return {
        atMs,
        goOn: () => {
          over()
          part.goOn()
          takeIn()
        },
      }
    }
    default:
      return signal satisfies never
  }
}
