/** What a caller publishes: the body of `POST /v1/events`, its `data` typed by the catalogue. */
import type { DataByType } from './catalogue.ts'

export type EventFields = {
  /** Your own id; the same id with the same content is the same event. Manifold makes one without it. */
  readonly id?: string | undefined
  readonly source?: string | undefined
  readonly subject?: string | undefined
  readonly time?: string | Date | undefined
  /** Names of targets, instead of those that subscribe to the type. */
  readonly targets?: readonly string[] | undefined
  /** CloudEvents extension attributes. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>> | undefined
  /** No attempt before this time. */
  readonly deliverAt?: string | Date | undefined
  /** The same, counted from when it is accepted. */
  readonly delayMs?: number | undefined
  /** No attempt after this time. */
  readonly expiresAt?: string | Date | undefined
  /** Told when the event is settled; see `verifyCallback`. */
  readonly callbackUrl?: string | undefined
}

/** An event of the catalogue: a union that is told apart by `type`. */
export type EventToPublish<Catalogue> = {
  readonly [Type in keyof DataByType<Catalogue>]: EventFields & {
    readonly type: Type
    readonly data: DataByType<Catalogue>[Type]
  }
}[keyof DataByType<Catalogue>]
