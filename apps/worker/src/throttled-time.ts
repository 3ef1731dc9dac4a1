/**
 * For how long targets have asked to be left alone. Answers that come together ask for the same time, which counts once; and
 * time that is still to come does not count yet.
 */

export type ThrottledTime = {
  /** The target asked for so much patience at this moment. */
  readonly asked: (target: string, delayMs: number, nowMs: number) => void
  /** How long each has been left alone until now. */
  readonly spentMs: (nowMs: number) => ReadonlyMap<string, number>
}

type Wait = { doneMs: number; sinceMs: number; untilMs: number }

/** Starts at nothing. */
export function createThrottledTime(): ThrottledTime {
  const waits = new Map<string, Wait>()
  const present = ({ sinceMs, untilMs }: Wait, nowMs: number) =>
    Math.max(0, Math.min(nowMs, untilMs) - sinceMs)
  return {
    asked: (target, delayMs, nowMs) => {
      const wait = waits.get(target)
      const untilMs = nowMs + delayMs
      if (wait === undefined) waits.set(target, { doneMs: 0, sinceMs: nowMs, untilMs })
      else if (nowMs <= wait.untilMs) wait.untilMs = Math.max(wait.untilMs, untilMs)
      else waits.set(target, { doneMs: wait.doneMs + present(wait, nowMs), sinceMs: nowMs, untilMs })
    },
    spentMs: (nowMs) =>
      new Map([...waits].map(([target, wait]) => [target, wait.doneMs + present(wait, nowMs)])),
  }
}
