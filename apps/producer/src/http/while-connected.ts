import type { Response } from 'express'

/** Aborts when the caller has gone, or with `leaving`: whatever is done for the caller alone can stop. */
export function whileConnected(response: Response, leaving: AbortSignal): AbortSignal {
  const gone = new AbortController()
  const leave = () => {
    gone.abort()
  }
  if (leaving.aborted || response.destroyed) {
    // Nothing will tell of a caller that has gone before.
    leave()
    return gone.signal
  }
  leaving.addEventListener('abort', leave)
  response.once('close', () => {
    leaving.removeEventListener('abort', leave)
    leave()
  })
  return gone.signal
}
