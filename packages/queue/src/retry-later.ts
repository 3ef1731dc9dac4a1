/** Failed, to be tried again. Carries the wait to BullMQ's back-off strategy. */
export class RetryLater extends Error {
  readonly delayMs: number

  constructor(delayMs: number) {
    super('retry later')
    this.delayMs = delayMs
  }
}

/** An exception is a bug or a lost Redis: the job comes back after this long. */
const UNEXPECTED_DELAY_MS = 1_000

/** How long BullMQ is to wait after a job failed with this error. */
export function retryDelayMs(error: unknown): number {
  return error instanceof RetryLater ? error.delayMs : UNEXPECTED_DELAY_MS
}
