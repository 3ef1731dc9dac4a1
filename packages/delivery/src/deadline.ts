/**
 * The deadline of one attempt: everything in it, from asking for a token to the last byte of the answer, ends by then.
 * A worker that is stopping cuts it short, which is another thing, and costs no attempt.
 */

export type Deadline = {
  readonly signal: AbortSignal
  /** Rejects when the signal aborts; never resolves. For what does not heed a signal. */
  readonly passed: Promise<never>
  /** Why the signal aborted; `undefined` while it has not. */
  readonly over: () => 'deadline' | 'stopping' | undefined
  /** Frees the timer: call it when the attempt has ended. */
  readonly end: () => void
}

export function startDeadline(timeoutMs: number, stopping: AbortSignal): Deadline {
  const cutOff = new AbortController()
  let over: 'deadline' | 'stopping' | undefined
  const abort = (why: 'deadline' | 'stopping') => {
    over ??= why
    cutOff.abort(
      new Error(why === 'deadline' ? `not done within ${String(timeoutMs)} ms` : 'the worker is stopping'),
    )
  }
  const onStop = () => {
    abort('stopping')
  }
  const timer = setTimeout(() => {
    abort('deadline')
  }, timeoutMs)
  const passed = new Promise<never>((_resolve, reject) => {
    cutOff.signal.addEventListener('abort', () => {
      reject(cutOff.signal.reason as Error)
    })
  })
  // It may pass while nobody waits for it.
  passed.catch(() => undefined)
  if (stopping.aborted) onStop()
  else stopping.addEventListener('abort', onStop, { once: true })
  return {
    signal: cutOff.signal,
    passed,
    over: () => over,
    end: () => {
      clearTimeout(timer)
      stopping.removeEventListener('abort', onStop)
    },
  }
}
