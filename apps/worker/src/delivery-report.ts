/** What is told of deliveries: the worker's log lines and metrics are made of it. */
import type { Exchange } from '@manifold/delivery'
import type { Attempt, DeliveryRef, Settlement } from '@manifold/domain'
import type { SettleResult } from '@manifold/store'

/** What one unit of work came to. */
export type DeliveryReport = {
  readonly ref: DeliveryRef
  readonly eventType: string
  readonly traceId: string
  /** The attempt's, where it is recorded. */
  readonly spanId: string | undefined
  /** `undefined` when no request was made. */
  readonly attempt: Attempt | undefined
  /** What is told of the request and its answer, where it was not delivered. */
  readonly exchange: Exchange | undefined
  /** `undefined` when there was no request, or when somebody else's settlement stands. */
  readonly attemptNumber: number | undefined
  readonly settlement: Settlement
  readonly result: SettleResult
  /** From accept (or replay) to now. */
  readonly ageMs: number
}

/** What is told of an attempt that was cut short. */
export type HandedBack = Pick<DeliveryReport, 'ref' | 'eventType' | 'traceId' | 'spanId' | 'ageMs'> & {
  readonly why: 'stopping' | 'crashing'
  /** The number it would have been recorded under. */
  readonly attemptNumber: number
  readonly durationMs: number
}
