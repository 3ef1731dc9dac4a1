/** What a suite is given and what it gives back. */
import type { Verdict } from '../measure/verdict.ts'
import type { Load } from '../stage/load.ts'
import type { Receiver } from '../stage/receiver.ts'

export type Bench = {
  /** A smoke run: one round, small numbers; its figures mean nothing. */
  readonly quick: boolean
  /** For logs and the files of Redis; gone at the end. */
  readonly folder: string
  /** One receiver and one load generator serve all rounds and both sides. */
  readonly receiver: Receiver
  readonly load: Load
  readonly say: (line: string) => void
  /** Deliveries per second, as the delivery suite measured them, or a brief look when it did not run. */
  readonly deliveryRate: () => Promise<number>
  /** Tells the suites that follow. */
  readonly learnDeliveryRate: (deliveriesPerSecond: number) => void
}

export type Table = {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export type Plot = { readonly file: string; readonly title: string; readonly svg: string }

export type SuiteResult = {
  readonly settings: Readonly<Record<string, number | string>>
  readonly tables: readonly Table[]
  readonly verdicts: readonly Verdict[]
  readonly notMeasured: readonly string[]
  /** Every round as it was measured. */
  readonly rounds: unknown
  readonly plots?: readonly Plot[]
}

export type Suite = {
  readonly name: string
  readonly title: string
  readonly run: (bench: Bench) => Promise<SuiteResult>
}

/** What is posted unless a suite is about something else. */
export const DATA_BYTES = 300
export const CONNECTIONS = 64
