/**
 * The deadline of one attempt: everything in it, from asking for a token to the last byte of the answer, ends by then.
 * A worker that is stopping cuts it short, which is another thing, and costs no attempt.
 *
 * Signal and promise are made for those who ask: a plain request needs neither.
 */

export type Deadline = {
  /** Aborts when it is over. */
  readonly signal: () => AbortSignal
  /** Rejects when it is over; never resolves. For what does not heed a signal. */
  readonly passed: () => Promise<never>
  /** Calls back once, when it is over; at once if it is. The last one to ask is called. */
  readonly onOver: (callback: (reason: Error) => void) => void
  /** Why it is over; `undefined` while it is not. */
  readonly over: () => 'deadline' | 'stopping' | undefined
  /** Frees the timer: call it when the attempt has ended. */
  readonly end: () => void
}

export function startDeadline(timeoutMs: number, stopping: AbortSignal): Deadline {
  let over: 'deadline' | 'stopping' | undefined
  let reason: Error | undefined
  let cutOff: AbortController | undefined
  let rejectPassed: ((reason: Error) => void) | undefined
  let callBack: ((reason: Error) => void) | undefined

  const pass = (why: 'deadline' | 'stopping') => {
    if (reason !== undefined) return
    over = why
    reason = new Error(
      why === 'deadline' ? `not done within ${String(timeoutMs)} ms` : 'the worker is stopping',
    )
    cutOff?.abort(reason)
    rejectPassed?.(reason)
    callBack?.(reason)
  }
  const onStop = () => {
    pass('stopping')
  }
  const timer = setTimeout(pass, timeoutMs, 'deadline')
  if (stopping.aborted) onStop()
  else stopping.addEventListener('abort', onStop, { once: true })

  return {
    signal: () => {
      cutOff ??= new AbortController()
      if (reason !== undefined) cutOff.abort(reason)
      return cutOff.signal
    },
    passed: () => {
      if (reason !== undefined) return Promise.reject(reason)
      const { promise, reject } = Promise.withResolvers<never>()
      const before = rejectPassed
      rejectPassed = (why) => {
        before?.(why)
        reject(why)
      }
      // It may pass while nobody waits for it.
      promise.catch(() => undefined)
      return promise
    },
    onOver: (callback) => {
      callBack = callback
      if (reason !== undefined) callback(reason)
    },
    over: () => over,
    end: () => {
      clearTimeout(timer)
      stopping.removeEventListener('abort', onStop)
    },
  }
}
